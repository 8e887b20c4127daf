// The list of cases: why each was referred, how long it waits, who has it. It keeps itself fresh, without moving what
// somebody is about to press.

import { advise, announce } from "../shared/announce.js";
import { get, post, Problem } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { date, knows, live, liveBy, t } from "../shared/words.js";
import { address, span } from "./desk.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Review} Review */

const EVERY_MS = 15_000;
const PAGE = 50;
const SHOWN_REASONS = 2;
const SOON_S = 2 * 3600;
/** Taken by somebody else in the moment between. */
const PASSED_BY = new Set(["review_claimed", "review_closed", "review_given_already", "reviewer_conflict", "changed_meanwhile"]);

/** What was chosen last, while the page is there. */
const view = { state: "open", order: "oldest" };

/**
 * Takes the first case of the queue that may be taken; null where there is none.
 * @param {Desk} desk
 * @returns {Promise<string | null>} its id
 */
export async function takeNext(desk) {
  const page = await get(`/v1/reviews?limit=${PAGE}`);
  const mine = page.items.find((/** @type {Review} */ one) => one.claimed_by === desk.me.member);
  if (mine) return mine.id;
  for (const one of page.items) {
    if (one.state !== "waiting") continue;
    try {
      await post(`${address(one.id)}/claim`);
      return one.id;
    } catch (error) {
      if (!(error instanceof Problem && PASSED_BY.has(error.code))) throw error;
    }
  }
  return null;
}

/**
 * @param {HTMLElement} root
 * @param {Desk} desk
 * @param {{open: (id: string) => void, next: () => void}} go
 * @param {AbortSignal} left
 */
export async function showQueue(root, desk, go, left) {
  let most = PAGE;
  const title = h("h1", null, liveBy(() => (view.state === "open" ? t("queue.title") : t("queue.title.closed"))));
  const count = h("p", { class: "faint" });
  const body = h("tbody");
  const head = h("tr");
  const table = h("table", { class: "cases" }, h("caption", { class: "unseen" }, liveBy(() => (view.state === "open" ? t("queue.title") : t("queue.title.closed")))), h("thead", null, head), body);
  const empty = h("p", { class: "empty", hidden: true });
  const more = h("button", { type: "button", class: "plain", hidden: true }, live("queue.more"));
  const states = pick("queue-show", live("queue.show"), view.state, [["open", live("queue.show.open")], ["closed", live("queue.show.closed")]], (value) => again({ state: value }));
  const orders = pick("queue-order", live("queue.order"), view.order, [["oldest", live("queue.order.oldest")], ["newest", live("queue.order.newest")]], (value) => again({ order: value }));
  const next = h("button", { type: "button", on: { click: go.next } }, live("queue.next"), icon("on"));
  fill(
    root,
    h("div", { class: "queue-head" }, h("div", null, title, count), next),
    h("div", { class: "queue-tools" }, states, orders),
    table,
    empty,
    more,
  );
  more.addEventListener("click", () => {
    most += PAGE;
    load().catch(desk.fail);
  });
  /** @type {Map<string, {told: string, row: HTMLTableRowElement}>} */
  const rows = new Map();
  const again = (/** @type {Partial<typeof view>} */ change) => {
    Object.assign(view, change);
    rows.clear();
    most = PAGE;
    load().catch(desk.fail);
  };
  const load = async () => {
    const { state } = view;
    const { items, further } = await listed(most, left);
    if (left.aborted || state !== view.state) return;
    columns(head, state);
    next.hidden = state !== "open";
    const shown = items.map((/** @type {Review} */ review) => {
      desk.setClock(review);
      // the time that it waits goes on by itself; only what else changes makes a new row
      const told = JSON.stringify({ ...review, waiting_seconds: 0 });
      const known = rows.get(review.id);
      if (known?.told === told) return known.row;
      const row = rowOf(review, desk, go.open);
      rows.set(review.id, { told, row });
      if (known?.row.contains(document.activeElement)) queueMicrotask(() => row.querySelector("button")?.focus());
      return row;
    });
    put(body, shown);
    tick();
    table.hidden = !items.length;
    empty.hidden = Boolean(items.length);
    fill(empty, state === "open" ? live("queue.empty") : live("queue.empty.closed"));
    more.hidden = !further;
    const said = () => (further ? t("queue.count.more", { n: items.length }) : t("queue.count", { n: items.length }));
    fill(count, state === "open" && items.length > 0 && liveBy(said));
    if (state === "open" && items.length) advise(said());
  };
  const tick = () => {
    for (const cell of body.querySelectorAll("[data-since]")) {
      const since = Number(/** @type {HTMLElement} */ (cell).dataset["since"]);
      const text = span((desk.now() - since) / 1000);
      if (cell.textContent !== text) cell.textContent = text;
    }
  };
  await load();
  arrive(root);
  desk.everySo(load, EVERY_MS, left);
  const ticking = setInterval(tick, 1000);
  left.addEventListener("abort", () => clearInterval(ticking));
}

/** Puts rows in their order, and moves none that stands right: what has the focus keeps it. @param {HTMLElement} body @param {HTMLElement[]} rows */
function put(body, rows) {
  const active = document.activeElement;
  for (const row of [...body.children]) if (!rows.includes(/** @type {HTMLElement} */ (row))) row.remove();
  rows.forEach((row, i) => {
    if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null);
  });
  if (active instanceof HTMLElement && active !== document.activeElement && body.contains(active)) active.focus();
}

/** Says that there is nothing to take. */
export const nothingToTake = () => announce(t("queue.next.none"));

/** @param {number} most @param {AbortSignal} signal @returns {Promise<{items: Review[], further: boolean}>} */
async function listed(most, signal) {
  /** @type {Review[]} */
  const items = [];
  let cursor = "";
  do {
    const asked = new URLSearchParams({ state: view.state, order: view.order, limit: String(PAGE), ...(cursor && { cursor }) });
    const page = await get(`/v1/reviews?${asked}`, { signal });
    items.push(...page.items);
    cursor = page.next_cursor ?? "";
  } while (cursor && items.length < most);
  return { items, further: Boolean(cursor) };
}

/** @param {HTMLTableRowElement} head @param {string} state */
function columns(head, state) {
  const waits = state === "open" ? live("queue.col.waits") : live("queue.col.waited");
  const third = state === "open" ? [live("queue.col.until"), live("queue.col.state")] : [live("queue.col.end")];
  const names = [waits, live("queue.col.why"), ...third];
  fill(head, names.map((name) => h("th", { scope: "col" }, name)), h("th", { scope: "col" }, h("span", { class: "unseen" }, live("queue.col.open"))));
}

/** @param {Review} review @param {Desk} desk @param {(id: string) => void} open */
function rowOf(review, desk, open) {
  const closed = review.state === "closed";
  const mine = review.claimed_by === desk.me.member;
  const waited = liveBy(() => span(review.waiting_seconds));
  const since = desk.now() - review.waiting_seconds * 1000;
  const first = review.reasons.slice(0, SHOWN_REASONS);
  const rest = review.reasons.length - first.length;
  const why = [
    h("ul", { class: "why" }, first.map((reason) => h("li", null, liveBy(() => desk.said(reason))))),
    rest > 0 && h("span", { class: "small faint" }, live("queue.more_reasons", { n: rest })),
    h("span", { class: "purpose small faint" }, review.purpose_title),
  ];
  const label = closed
    ? liveBy(() => t("queue.see.label", { purpose: review.purpose_title, span: span(review.waiting_seconds) }))
    : liveBy(() => t("queue.take.label", { purpose: review.purpose_title, span: span(review.waiting_seconds) }));
  const word = closed ? live("queue.see") : mine ? live("queue.go_on") : live("queue.take");
  const other = review.state === "claimed" && !mine;
  const button = h("button", { type: "button", class: mine ? "" : "quiet", disabled: other, "aria-label": mine ? null : label, on: { click: () => open(review.id) } }, word);
  if (closed) {
    const end = liveBy(() => (review.end && knows(`end.${review.end}`) ? t(`end.${review.end}`) : (review.end ?? "")));
    return h("tr", null, h("td", null, waited), h("td", null, why), h("td", null, end), h("td", { class: "act" }, button));
  }
  const soon = (Date.parse(review.ends_at) - desk.now()) / 1000 < SOON_S;
  return h(
    "tr",
    { class: mine ? "mine" : "" },
    h("td", { class: "waits", data: { since: String(since) } }, waited),
    h("td", null, why),
    h("td", { class: soon ? "until soon" : "until" }, soon && icon("clock"), liveBy(() => date(review.ends_at))),
    h("td", null, stateOf(review, mine)),
    h("td", { class: "act" }, button),
  );
}

/** @param {Review} review @param {boolean} mine */
function stateOf(review, mine) {
  const until = liveBy(() => t("queue.state.mine", { time: date(review.claimed_until ?? review.ends_at, { timeStyle: "short" }) }));
  const state = mine ? h("span", { class: "tag good" }, until) : h("span", { class: "tag" }, review.state === "claimed" ? live("queue.state.other") : live("queue.state.waiting"));
  const persons = review.persons > 1 && h("span", { class: "small faint persons" }, live("queue.persons", { given: review.verdicts_given, persons: review.persons }));
  return [state, persons];
}

/**
 * @param {string} id
 * @param {import("../shared/words.js").Live} label
 * @param {string} present
 * @param {[string, import("../shared/words.js").Live][]} choices
 * @param {(value: string) => void} then
 */
function pick(id, label, present, choices, then) {
  const select = h("select", { id }, choices.map(([value, name]) => h("option", { value, selected: value === present }, name)));
  select.addEventListener("change", () => then(select.value));
  return h("div", { class: "pick" }, h("label", { for: id }, label), select);
}
