// What is drawn of the figures: a tile for each number that matters, then plots and tables. All of it is made anew when
// figures come or the language changes.

import { fill, h } from "../shared/dom.js";
import * as plot from "../shared/plot.js";
import { range, ticks } from "../shared/plot-parts.js";
import { saidOf } from "../shared/said.js";
import { number, t } from "../shared/words.js";
import { day, seconds, share } from "./units.js";

/** @typedef {import("./figures.js").Figures} Figures */
/** @typedef {import("./figures.js").Times} Times */
/** @typedef {Record<string, {text: string}>} Words */

const UNFINISHED = ["withdrawn", "cancelled", "expired", "erased"];
const DECIDED = ["accepted", "rejected", "inconclusive"];
const LEAVINGS = ["declined_for_alternative", ...UNFINISHED];
const STEPS = ["opened", "consented", "document_read", "capture_begun", "concluded"];
const STAGES = ["notice", "document", "capture", "between_attempts", "examination", "review"];
const WHYS = ["rejected", "inconclusive", "retried", "referred"];
const QUANTILES = /** @type {const} */ (["p50", "p75", "p90", "p95"]);
/** What was chosen in a card, as long as the page is open. */
const chosen = { time: "answer", why: "rejected" };

/** @param {Element} root @param {Figures} figures @param {Words} words */
export function drawFigures(root, figures, words) {
  if (!figures.opened) {
    fill(root, h("p", { class: "nothing whole" }, t("figures.nothing")));
    return;
  }
  fill(
    root,
    tiles(figures),
    card("whole", overTime(figures)),
    card("", completion(figures)),
    card("", dropOff(figures)),
    times(figures),
    whys(figures, words),
    card("", suspicion(figures)),
    card("", acquisition(figures, words)),
    card("", unread(figures, words)),
    card("whole beside", otherWay(figures)),
  );
}

/** @param {string} more @param {...import("../shared/dom.js").Child} children */
const card = (more, ...children) => h("section", { class: `card ${more}`.trim() }, children);

/** @param {Record<string, number>} counts @param {readonly string[]} names */
const sum = (counts, names) => names.reduce((total, name) => total + (counts[name] ?? 0), 0);

/** @param {Figures} figures */
function tiles(figures) {
  const decided = sum(figures.ended, DECIDED);
  const answer = figures.times.find((item) => item.measure === "answer");
  const { begun = 0, submitted = 0, unacquired = 0 } = figures.attempts;
  const tile = (/** @type {string} */ name, /** @type {string} */ value, /** @type {string} */ more) =>
    h("div", { data: { tile: name } }, h("dt", null, t(`figures.tile.${name}`)), h("dd", null, value), h("dd", null, more));
  return h(
    "dl",
    { class: "tiles whole" },
    tile("opened", number(figures.opened), t("figures.still_open", { n: figures.open })),
    tile("decided", share(decided, figures.opened), t("figures.of", { part: decided, whole: figures.opened })),
    tile("accepted", share(figures.ended.accepted ?? 0, decided), t("figures.of", { part: figures.ended.accepted ?? 0, whole: decided })),
    tile("answer", seconds(answer?.p50), answer?.count ? t("figures.nine_of_ten", { time: seconds(answer.p90) }) : t("figures.none")),
    tile("unacquired", share(unacquired, submitted), t("figures.of_captures", { part: unacquired, whole: submitted, n: begun })),
    tile("other_way", share(figures.ended.declined_for_alternative ?? 0, figures.opened), t("figures.of", { part: figures.ended.declined_for_alternative ?? 0, whole: figures.opened })),
  );
}

/** @param {Figures} figures */
function overTime(figures) {
  const series = [...DECIDED, "declined_for_alternative"].map((end) => ({
    name: t(`figures.end.${end}`),
    values: figures.series.map((span) => span.ended[end] ?? 0),
  }));
  series.push({ name: t("figures.unfinished"), values: figures.series.map((span) => sum(span.ended, UNFINISHED)) });
  return plot.bars({
    title: t("figures.over_time"),
    tableLabel: t("figures.as_table"),
    summary: t("figures.over_time.summary", { part: sum(figures.ended, DECIDED), whole: figures.opened }),
    categories: figures.series.map((span) => (span.first === span.last ? day(span.first) : `${day(span.first)} – ${day(span.last)}`)),
    x: { label: t(figures.by === "week" ? "figures.week" : "figures.day") },
    y: counts(t("figures.verifications"), series),
    stacked: true,
    series,
    height: 240,
  });
}

/**
 * An axis of counts that are drawn one on the other: nothing is marked between two whole numbers.
 * @param {string} label @param {readonly {values: readonly number[]}[]} series
 */
function counts(label, series) {
  const sums = (series[0]?.values ?? []).map((_, at) => series.reduce((total, { values }) => total + (values[at] ?? 0), 0));
  const { to } = range(sums, { from: 0 });
  const most = Math.ceil(to);
  return { label, from: 0, to: most, ticks: ticks(0, most, 4).filter(Number.isInteger) };
}

/** @param {Figures} figures */
function completion(figures) {
  const rows = STEPS.map((step) => ({ step, count: figures.steps[step] ?? 0 }));
  rows.push({ step: "accepted", count: figures.ended.accepted ?? 0 });
  const ranking = plot.ranking({
    title: t("figures.completion"),
    head: [t("figures.step"), t("figures.verifications")],
    rows: rows.map(({ step, count }) => ({ name: t(`figures.step.${step}`), value: count, shown: `${number(count)} (${share(count, figures.opened)})` })),
    most: figures.opened,
  });
  ranking.classList.add("with-shares");
  return ranking;
}

/** @param {Figures} figures */
function dropOff(figures) {
  const at = (/** @type {string} */ stage, /** @type {string} */ end) =>
    figures.left.find((item) => item.stage === stage && item.end === end)?.count ?? 0;
  const ends = LEAVINGS.filter((end) => figures.left.some((item) => item.end === end));
  const heading = t("figures.drop_off");
  if (!ends.length) return nothing(heading, t("figures.drop_off.none"));
  const series = ends.map((end) => ({ name: t(`figures.end.${end}`), values: STAGES.map((stage) => at(stage, end)) }));
  return plot.bars({
    title: heading,
    tableLabel: t("figures.as_table"),
    categories: STAGES.map((stage) => t(`figures.stage.${stage}`)),
    x: { label: t("figures.stage") },
    y: counts(t("figures.verifications"), series),
    stacked: true,
    series,
  });
}

/** @param {Figures} figures */
function times(figures) {
  const place = h("div", null);
  const choice = chooser("figures-time", t("figures.time.of"), figures.times.map(({ measure }) => [measure, t(`figures.time.${measure}`)]), chosen.time);
  const show = () => {
    chosen.time = choice.select.value;
    const item = figures.times.find(({ measure }) => measure === chosen.time);
    fill(place, item?.count ? histogram(item) : h("p", { class: "nothing" }, t("figures.time.none")));
  };
  choice.select.addEventListener("change", show);
  show();
  const head = [t("figures.time.measure"), t("figures.time.count"), ...QUANTILES.map((name) => t(`figures.${name}`))];
  const rows = figures.times.map((item) => [
    t(`figures.time.${item.measure}`),
    number(item.count),
    ...QUANTILES.map((name) => (item.count ? seconds(item[name]) : "–")),
  ]);
  return card("whole", h("h2", null, t("figures.times")), choice.place, place, quantiles(t("figures.times"), head, rows));
}

/** @param {Times} item */
function histogram({ measure, buckets }) {
  const series = [{ name: t("figures.count"), values: buckets.map(({ count }) => count) }];
  return plot.bars({
    title: t(`figures.time.${measure}`),
    tableLabel: t("figures.as_table"),
    categories: buckets.map(({ up_to: bound }) => (bound === undefined ? t("figures.longer") : seconds(bound))),
    x: { label: t("figures.up_to") },
    y: counts(t("figures.count"), series),
    series,
  });
}

/** @param {string} caption @param {string[]} head @param {string[][]} rows */
function quantiles(caption, head, rows) {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      { data: { table: "times" } },
      h("caption", { class: "unseen" }, caption),
      h("thead", null, h("tr", null, head.map((text, i) => h("th", { scope: "col", class: i ? "number" : null }, text)))),
      h("tbody", null, rows.map(([first, ...rest]) => h("tr", null, h("th", { scope: "row" }, first), rest.map((text) => h("td", { class: "number" }, text))))),
    ),
  );
}

/** @param {Figures} figures @param {Words} words */
function whys(figures, words) {
  const place = h("div", { data: { ranking: "why" } });
  const choice = chooser("figures-why", t("figures.why.of"), WHYS.map((name) => [name, t(`figures.why.${name}`)]), chosen.why);
  const show = () => {
    chosen.why = choice.select.value;
    fill(place, ranked(t(`figures.why.${chosen.why}`), t("figures.reason"), named(figures.reasons[chosen.why] ?? [], words)));
  };
  choice.select.addEventListener("change", show);
  show();
  return card("", h("h2", null, t("figures.why")), choice.place, place);
}

/** @param {Figures} figures */
function suspicion({ suspected }) {
  const rows = suspected.map(({ instrument, count }) => ({ name: t(`figures.instrument.${instrument}`), value: count }));
  return [
    ranked(t("figures.suspected"), t("figures.instrument"), rows),
    rows.length ? h("p", { class: "faint small" }, t("figures.suspected.about")) : null,
  ];
}

/** @param {Figures} figures @param {Words} words */
function acquisition({ attempts, reasons }, words) {
  const told = /** @type {const} */ (["begun", "interrupted", "submitted", "retried", "unacquired"]);
  return [
    h("h2", null, t("figures.acquisition")),
    h("dl", { class: "facts", data: { facts: "attempts" } }, told.map((name) => [h("dt", null, t(`figures.attempt.${name}`)), h("dd", null, number(attempts[name] ?? 0))])),
    ranked(t("figures.unacquired_for"), t("figures.reason"), named(reasons.unacquired ?? [], words)),
  ];
}

/** @param {Figures} figures @param {Words} words */
function unread({ documents, reasons }, words) {
  const { read = 0, unread: failed = 0 } = documents;
  return [
    h("h2", null, t("figures.documents")),
    h(
      "dl",
      { class: "facts", data: { facts: "documents" } },
      h("dt", null, t("figures.document.read")),
      h("dd", null, number(read)),
      h("dt", null, t("figures.document.unread")),
      h("dd", null, `${number(failed)} (${share(failed, read + failed)})`),
    ),
    ranked(t("figures.unread_for"), t("figures.reason"), named(reasons.unread ?? [], words)),
  ];
}

/** @param {Figures} figures */
function otherWay({ left, in_person: inPerson, opened, ended }) {
  const count = ended.declined_for_alternative ?? 0;
  const rows = STAGES.map((stage) => ({
    name: t(`figures.stage.${stage}`),
    value: left.find((item) => item.stage === stage && item.end === "declined_for_alternative")?.count ?? 0,
  }));
  return [
    h("h2", null, t("figures.other_way")),
    h(
      "dl",
      { class: "facts", data: { facts: "other-way" } },
      h("dt", null, t("figures.other_way.chosen")),
      h("dd", null, `${number(count)} (${share(count, opened)})`),
      h("dt", null, t("figures.in_person.accepted")),
      h("dd", null, number(inPerson.accepted ?? 0)),
      h("dt", null, t("figures.in_person.rejected")),
      h("dd", null, number(inPerson.rejected ?? 0)),
    ),
    ranked(t("figures.other_way.where"), t("figures.stage"), rows.filter((row) => row.value)),
  ];
}

/** @param {readonly import("./figures.js").CodeCount[]} items @param {Words} words in the page's language, where it has some */
const named = (items, words) => items.map(({ code, text, count }) => ({ name: saidOf(code) || words[code]?.text || text || code, value: count }));

/** @param {string} title @param {string} head @param {{name: string, value: number}[]} rows */
function ranked(title, head, rows) {
  return rows.length ? plot.ranking({ title, head: [head, t("figures.count")], rows }) : nothing(title, t("figures.none"));
}

/** @param {string} title @param {string} text */
const nothing = (title, text) => h("div", null, h("h3", null, title), h("p", { class: "nothing" }, text));

/** @param {string} id @param {string} label @param {string[][]} choices @param {string} now */
function chooser(id, label, choices, now) {
  const select = h("select", { id }, choices.map(([value, text]) => h("option", { value: value ?? "", selected: value === now }, text)));
  return { select, place: h("div", { class: "field" }, h("label", { for: id }, label), select) };
}
