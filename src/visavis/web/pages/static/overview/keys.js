// API keys: made for a part of one's systems, shown once, revoked.

import { announce } from "../shared/announce.js";
import { get, post } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { listed, live, liveBy, t } from "../shared/words.js";
import { acting, boxes, confirmed, facts, field, moment, shownOnce } from "./parts.js";

/** @typedef {{id: string, name: string, scopes: string[], created_at: string, last_used_at?: string, revoked_at?: string}} Key */

const SCOPES = ["verifications", "lines", "review", "figures", "policies:read", "webhooks", "keys"];

/** @param {HTMLElement} root @param {import("./parts.js").Context} context */
export async function showKeys(root, { signal, fail, clear }) {
  const list = h("ul", { class: "list two" });
  const more = h("p", null);
  /** @param {string} [cursor] */
  const read = async (cursor) => {
    const page = await get(`/v1/api-keys?limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, { signal });
    if (!cursor) list.replaceChildren();
    for (const key of page.items) list.append(item(key));
    fill(more, page.next_cursor ? acting(live("overview.more"), () => read(page.next_cursor), { fail, clear, class: "quiet" }) : null);
  };
  const revoke = async (/** @type {Key} */ key) => {
    const asked = { title: live("keys.revoke.title", { name: key.name }), text: live("keys.revoke.text"), act: live("keys.revoke") };
    if (!(await confirmed(asked))) return;
    await post(`/v1/api-keys/${key.id}/revoke`);
    announce(t("keys.revoked.done", { name: key.name }));
    await read();
  };
  const item = (/** @type {Key} */ key) =>
    h(
      "li",
      { class: "card", data: { key: key.id } },
      h("h2", null, key.name, " ", key.revoked_at ? h("span", { class: "tag bad" }, live("keys.revoked")) : h("span", { class: "tag good" }, live("keys.in_use"))),
      facts([
        [live("keys.id"), h("code", null, key.id)],
        [live("keys.scopes"), liveBy(() => listed(key.scopes.map((scope) => t(`keys.scope.${scope}`))))],
        [live("overview.created"), moment(key.created_at)],
        [live("keys.last_used"), moment(key.last_used_at)],
        key.revoked_at ? [live("keys.revoked"), moment(key.revoked_at)] : null,
      ]),
      key.revoked_at
        ? null
        : h("p", { class: "actions" }, acting(live("keys.revoke"), () => revoke(key), { fail, clear, class: "grave", label: live("keys.revoke.one", { name: key.name }) })),
    );
  fill(root, form({ fail, clear, made: () => read() }), list, more);
  await read();
}

/** @param {{fail: (error: unknown) => void, clear: () => void, made: () => Promise<unknown>}} about */
function form({ fail, clear, made }) {
  const name = h("input", { type: "text", maxlength: "100", required: true, autocomplete: "off" });
  const scopes = boxes(
    live("keys.scopes"),
    SCOPES.map((value) => ({ value, words: [h("strong", null, live(`keys.scope.${value}`)), " ", h("span", { class: "faint" }, live(`keys.scope.${value}.about`))] })),
    live("keys.scopes.hint"),
  );
  const wrong = h("p", { class: "wrong", role: "alert" });
  const place = h("details", { class: "card form" }, h("summary", null, live("keys.make")));
  const make = async () => {
    wrong.replaceChildren();
    const key = { name: name.value.trim(), scopes: scopes.chosen() };
    if (!key.name || !key.scopes.length) {
      fill(wrong, live(key.name ? "keys.scopes.missing" : "keys.name.missing"));
      if (!key.name) name.focus();
      return;
    }
    const answer = await post("/v1/api-keys", key);
    await shownOnce({ title: live("keys.made"), text: live("keys.made.text"), label: live("keys.secret"), secret: answer.secret });
    name.value = "";
    place.open = false;
    await made();
  };
  const button = acting(live("keys.make.act"), make, { fail, clear });
  const inside = h(
    "form",
    { on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); button.click(); } } },
    field("key-name", name, live("keys.name"), live("keys.name.hint")),
    scopes.place,
    wrong,
    h("p", { class: "actions" }, button),
  );
  place.append(inside);
  return place;
}
