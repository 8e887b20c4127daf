// What was done at the counter today, by all who serve there. Nothing in it is about a person: which act, when, and how it
// stands. What was put aside in this tab can be gone on with.

import { fill, h } from "../shared/dom.js";
import { date, live, liveBy } from "../shared/words.js";
import { acting, trouble } from "./parts.js";
import { keptWorks } from "./work.js";

/** @typedef {import("./work.js").Work} Work */
/** @typedef {import("./desk.js").Verification} Verification */

const GOOD = new Set(["accepted", "done"]);
const BAD = new Set(["rejected"]);
const OVER = new Set(["withdrawn", "expired", "erased"]);

/**
 * @param {import("./desk.js").Desk} desk
 * @param {(work: Work) => void} goOn
 */
export function todaysList(desk, goOn) {
  const told = trouble();
  const rows = h("div", null);
  /** Null until it was asked for. @type {Verification[] | null} */
  let found = null;
  let turn = 0;
  const draw = () => {
    if (!found) return;
    const kept = keptWorks().filter(({ id }) => id !== desk.serving);
    const none = h("p", { class: "faint" }, live("shop.today.none"));
    fill(rows, found.length ? h("ul", { class: "today" }, found.map((one) => row(one, kept, goOn))) : none);
  };
  const show = async () => {
    const mine = ++turn;
    const since = new Date();
    since.setHours(0, 0, 0, 0);
    const opened = await desk.openedSince(since);
    if (mine !== turn) return; // it was asked for again meanwhile
    found = opened;
    draw();
  };
  const place = h(
    "section",
    { class: "card", "aria-labelledby": "today" },
    h("div", { class: "over" }, h("h2", { id: "today" }, live("shop.today")), acting(live("shop.today.again"), show, told, "plain")),
    told.place,
    rows,
  );
  return { place, draw, show: () => show().catch(told.show) };
}

/** @param {Verification} one @param {Work[]} kept @param {(work: Work) => void} goOn */
function row(one, kept, goOn) {
  const work = kept.find((candidate) => candidate.parts.some((part) => part.verification === one.id));
  const how = one.used_at ? "done" : (one.outcome ?? one.state);
  const kind = GOOD.has(how) ? "good" : BAD.has(how) ? "bad" : OVER.has(how) ? "" : "warn";
  const act = one.labels.act ?? "";
  const part = one.labels.part ?? "";
  return h(
    "li",
    null,
    h("span", { class: "faint number" }, liveBy(() => date(one.opened_at, { timeStyle: "short" }))),
    h("span", null, live(`shop.act.${act}`), act === "transfer" && h("span", { class: "faint" }, " · ", live(`shop.part.short.${part}`))),
    h("span", { class: `tag ${kind}` }, live(`shop.short.${how}`)),
    work && h("button", { type: "button", class: "plain", on: { click: () => goOn(work) } }, live("shop.today.on")),
  );
}
