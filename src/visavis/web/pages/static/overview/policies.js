// Policies: every version that was ever in force, read in full, and two of them compared field by field.

import { get } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { live } from "../shared/words.js";
import { field, moment, table, told } from "./parts.js";
import { compared, written } from "./differences.js";

/** @typedef {{id: string, version: number, digest: string, title: string, in_force: boolean, since: string}} Version */
/** @typedef {Version & {policy: Record<string, unknown>}} Whole */

/** @param {HTMLElement} root @param {import("./parts.js").Context} context */
export async function showPolicies(root, { signal, fail, clear }) {
  const versions = /** @type {Version[]} */ ((await get("/v1/policies", { signal })).items);
  if (!versions.length) return fill(root, told("info", live("policies.none")));
  const name = (/** @type {Version} */ version) => `${version.id} · ${version.version} · ${version.digest.slice(0, 8)}`;
  const options = () => versions.map((version) => h("option", { value: version.digest }, name(version)));
  const before = h("select", null, options());
  const after = h("select", null, options());
  // the version in force beside the one before it, where there is one
  const newest = versions.find((version) => version.in_force) ?? versions[0];
  const older = versions.find((version) => version.id === newest?.id && version !== newest && version.version <= (newest?.version ?? 0));
  after.value = newest?.digest ?? "";
  before.value = (older ?? newest)?.digest ?? "";
  const alone = h("input", { type: "checkbox", checked: true });
  const place = h("div", { "aria-live": "polite" });
  const reading = h("div", null);

  const whole = (/** @type {string} */ digest) => /** @type {Promise<Whole>} */ (get(`/v1/policies/${digest}`, { signal }));
  const compare = async () => {
    clear();
    const chosen = [before.value, after.value];
    try {
      const [one, other] = await Promise.all([whole(before.value), whole(after.value)]);
      if (chosen[0] === before.value && chosen[1] === after.value) fill(place, difference(one, other, alone.checked));
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  };
  const read = async (/** @type {Version} */ version) => {
    clear();
    try {
      const { policy } = await whole(version.digest);
      fill(reading, h("section", { class: "card" }, h("h2", { tabindex: "-1" }, name(version)), fields(policy)));
      reading.querySelector("h2")?.focus();
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  };
  for (const control of [before, after, alone]) control.addEventListener("change", () => void compare());
  const rows = versions.map((version) => [
    h("code", null, version.id),
    String(version.version),
    version.in_force ? h("span", { class: "tag good" }, live("policies.in_force")) : h("span", { class: "tag" }, live("policies.over")),
    moment(version.since),
    version.title,
    h("button", { type: "button", class: "quiet", "aria-label": live("policies.read.one", { name: name(version) }), on: { click: () => read(version) } }, live("policies.read")),
  ]);
  fill(
    root,
    h("section", { class: "card" }, table(live("policies.versions"), ["policy", "version", "state", "since", "name", "act"].map((key) => live(`policies.${key}`)), rows)),
    reading,
    h(
      "section",
      { class: "card" },
      h("h2", null, live("policies.compare")),
      h(
        "div",
        { class: "controls wide" },
        field("policies-before", before, live("policies.before")),
        field("policies-after", after, live("policies.after")),
        h("label", { class: "choice" }, alone, h("span", null, live("policies.differences_alone"))),
      ),
      place,
    ),
  );
  await compare();
}

/** @param {Record<string, unknown>} policy */
const fields = (policy) => table(live("policies.fields"), [live("policies.field"), live("policies.value")], written(policy).map(([name, value]) => [h("code", null, name), h("code", null, value)]));

/** @param {Whole} one @param {Whole} other @param {boolean} alone */
function difference(one, other, alone) {
  const rows = compared(one.policy, other.policy);
  const changed = rows.filter((row) => row.change !== "same");
  if (one.digest === other.digest) return told("info", live("policies.one_alone"));
  if (!changed.length) return told("check", live("policies.same"), "good");
  const cells = (alone ? changed : rows).map(({ name, before, after, change }) => [
    h("code", null, name),
    change === "same" ? live("policies.change.same") : h("span", { class: `tag ${change === "added" ? "good" : change === "removed" ? "bad" : "warn"}` }, live(`policies.change.${change}`)),
    before === null ? "–" : change === "same" ? h("code", null, before) : h("del", null, h("code", null, before)),
    after === null ? "–" : change === "same" ? h("code", null, after) : h("ins", null, h("code", null, after)),
  ]);
  const head = [live("policies.field"), live("policies.change"), live("policies.before"), live("policies.after")];
  return h("div", { class: "difference" }, h("p", null, live("policies.changed", { n: changed.length })), table(live("policies.compare"), head, cells));
}
