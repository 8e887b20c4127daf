// The figures of a period: what is asked for, and where it is drawn. Nobody is in them.

import { announce } from "../shared/announce.js";
import { get } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { language, live, onLanguage, t } from "../shared/words.js";
import { field } from "./parts.js";
import { drawFigures } from "./plots.js";
import { days, today } from "./units.js";

/** @typedef {import("./parts.js").Context} Context */
/**
 * The answer of `GET /v1/figures`.
 * @typedef {{code: string, text: string, count: number}} CodeCount
 * @typedef {{first: string, last: string, opened: number, open: number, ended: Record<string, number>}} Span
 * @typedef {{measure: string, count: number, p50?: number, p75?: number, p90?: number, p95?: number,
 *   buckets: {up_to?: number, count: number}[]}} Times
 * @typedef {{first: string, last: string, by: string, policies: string[], opened: number, open: number,
 *   ended: Record<string, number>, steps: Record<string, number>, left: {end: string, stage: string, count: number}[],
 *   attempts: Record<string, number>, documents: Record<string, number>, reasons: Record<string, CodeCount[]>,
 *   suspected: {instrument: string, count: number}[], in_person: Record<string, number>, times: Times[], series: Span[]}} Figures
 */

const PERIODS = [7, 30, 90, 365];
const USUAL = 30;
const MOST_BARS = 62;
const OWN = "own";

/** @param {HTMLElement} root @param {Context} context */
export async function showFigures(root, { signal, fail, clear }) {
  const period = h(
    "select",
    null,
    PERIODS.map((n) => h("option", { value: String(n), selected: n === USUAL }, live("figures.last_days", { n }))),
    h("option", { value: OWN }, live("figures.own_period")),
  );
  const first = h("input", { type: "date", value: today(USUAL - 1), max: today() });
  const last = h("input", { type: "date", value: today(), max: today() });
  const policy = h("select", null, h("option", { value: "" }, live("figures.every_policy")));
  const stride = h(
    "select",
    null,
    h("option", { value: "day" }, live("figures.by_day")),
    h("option", { value: "week" }, live("figures.by_week")),
  );
  const own = [field("figures-from", first, live("figures.from")), field("figures-to", last, live("figures.to"))];
  const plots = h("div", { class: "plots" });
  fill(
    root,
    h(
      "form",
      { class: "controls", on: { submit: (/** @type {Event} */ event) => event.preventDefault() } },
      field("figures-period", period, live("figures.period")),
      own,
      field("figures-policy", policy, live("figures.policy")),
      field("figures-by", stride, live("figures.by")),
    ),
    plots,
    h("p", { class: "faint small" }, live("figures.about")),
  );
  /** @type {Figures | null} */
  let found = null;
  /** @type {Record<string, {text: string}>} */
  let reasons = {};
  let asked = 0;

  const draw = () => found && drawFigures(plots, found, reasons);
  const read = async () => {
    asked += 1;
    const turn = asked;
    clear();
    if (!first.value || !last.value) return; // a date that is being typed
    const query = new URLSearchParams({ from: first.value, to: last.value, by: stride.value });
    if (policy.value) query.set("policy", policy.value);
    plots.setAttribute("aria-busy", "true");
    try {
      const answer = /** @type {Figures} */ (await get(`/v1/figures?${query}`, { signal }));
      if (turn !== asked) return; // something else was asked for since
      found = answer;
      offer(answer.policies);
      draw();
      if (turn > 1) announce(t("figures.shown", { n: answer.opened }));
    } catch (error) {
      if (turn === asked && !signal.aborted) fail(error);
    } finally {
      if (turn === asked) plots.removeAttribute("aria-busy");
    }
  };
  /** Policies that were seen stay in the choice. @param {string[]} names */
  const offer = (names) => {
    const known = new Set([...policy.options].map((option) => option.value));
    for (const name of names) if (!known.has(name)) policy.append(h("option", { value: name }, name));
  };
  const say = async () => {
    reasons = (await get(`/h/v1/words?language=${language()}`, { signal })).reasons;
    draw();
  };
  const choose = () => {
    const chosen = period.value === OWN;
    for (const place of own) place.hidden = !chosen;
    if (!chosen) {
      first.value = today(Number(period.value) - 1);
      last.value = today();
      stride.value = days(first.value, last.value) > MOST_BARS ? "week" : "day";
    }
    return read();
  };
  period.addEventListener("change", () => void choose());
  for (const control of [first, last, policy, stride]) control.addEventListener("change", () => void read());
  onLanguage(() => {
    draw(); // at once, and again with the words of the reasons
    say().catch(fail);
  }, signal);
  await Promise.all([choose(), say()]);
}
