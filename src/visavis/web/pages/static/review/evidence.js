// What each witness and each check found, with small plots of how the capture went over time. Numbers, and no picture.

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { knows, language, listed, live, liveBy, number, onLanguage, t } from "../shared/words.js";
import { plotsOf } from "./course.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Reason} Reason */
/** @typedef {{outcome: string, score?: number | null, operating_point?: string | null, reasons?: Reason[], details?: Record<string, unknown>}} Found */
/** @typedef {Found & {check: string}} Check */
/** @typedef {Found & {witness: string}} Witness */
/** @typedef {{what: string, from_s: number, until_s: number}} Span */
/**
 * @typedef {object} Course
 * @property {number[]} times
 * @property {Record<string, (number | null)[]>} series
 * @property {Span[]} asked
 * @property {Span[]} unusable
 * @property {{colour: number[], from_s: number, until_s: number}[]} colours
 * @property {Record<string, number>} counts_from
 * @property {Witness[]} witnesses
 */
/** @typedef {{checks: Check[], course?: Course | null}} Evidence */

const MARKS = /** @type {Record<string, [string, string]>} */ ({
  pass: ["good", "check"],
  fail: ["bad", "cross"],
  inconclusive: ["warn", "question"],
  not_measured: ["", "info"],
});
const WORST_FIRST = ["fail", "inconclusive", "pass"];

/**
 * @param {Desk} desk
 * @param {Evidence | null} kept
 * @param {AbortSignal} left
 * @returns {HTMLElement}
 */
export function evidence(desk, kept, left) {
  const place = h("section", { class: "evidence", "aria-labelledby": "evidence-title" });
  const draw = () => {
    place.lang = language();
    fill(
      place,
      h("h2", { id: "evidence-title", tabindex: "-1" }, live("evidence.title")),
      kept ? [h("p", { class: "hint" }, live("evidence.lead")), instrument(kept), witnesses(desk, kept), checks(desk, kept)] : h("p", { class: "faint" }, live("evidence.none")),
    );
  };
  draw();
  onLanguage(draw, left); // what plots say is drawn
  return place;
}

/** @param {string} outcome */
function tag(outcome) {
  const [kind = "", name = "info"] = MARKS[outcome] ?? [];
  return h("span", { class: `tag ${kind}` }, icon(name), h("span", null, liveBy(() => (knows(`outcome.${outcome}`) ? t(`outcome.${outcome}`) : outcome))));
}

/** @param {Evidence} kept */
function instrument(kept) {
  const likely = String(kept.checks.find((check) => check.check === "attack_detection")?.details?.["likely_instrument"] ?? "");
  if (!likely) return null;
  const what = knows(`instrument.${likely}`) ? t(`instrument.${likely}`) : likely;
  return h("div", { class: "told warn" }, icon("warning"), h("p", null, live("evidence.instrument", { what })));
}

/** @param {Desk} desk @param {Evidence} kept */
function witnesses(desk, kept) {
  const { course } = kept;
  if (!course) return h("p", { class: "faint" }, live("evidence.no_course"));
  return [
    h("h3", null, live("evidence.witnesses")),
    h("div", { class: "witnesses" }, course.witnesses.map((witness) => witnessCard(desk, witness, course))),
  ];
}

/** @param {Desk} desk @param {Witness} witness @param {Course} course */
function witnessCard(desk, witness, course) {
  const name = witness.witness;
  return h(
    "article",
    { class: "card witness", data: { witness: name } },
    h("header", null, h("h4", null, liveBy(() => (knows(`witness.${name}`) ? t(`witness.${name}`) : name))), tag(witness.outcome)),
    knows(`witness.${name}.about`) && h("p", { class: "hint" }, liveBy(() => t(`witness.${name}.about`))),
    why(desk, witness),
    plotsOf(witness, course, (code) => desk.saidCode(code)),
    measured(witness),
  );
}

/** @param {Desk} desk @param {Found} found */
function why(desk, found) {
  const reasons = found.reasons ?? [];
  return reasons.length > 0 && h("ul", { class: "why" }, reasons.map((reason) => h("li", null, liveBy(() => desk.said(reason)))));
}

/** The numbers themselves, by the names that they have in the documentation. @param {Found} found */
function measured(found) {
  const values = Object.entries(found.details ?? {}).filter(([, value]) => value !== null);
  if (found.score !== null && found.score !== undefined) values.unshift(["score", found.score]);
  if (!values.length && !found.operating_point) return null;
  return h(
    "details",
    { class: "measured" },
    h("summary", null, live("evidence.measured")),
    h("p", { class: "hint" }, live("evidence.measured.hint")),
    h(
      "dl",
      { class: "facts small" },
      values.map(([key, value]) => [h("dt", { lang: "en" }, key.replaceAll("_", " ")), h("dd", { lang: "en" }, plain(value))]),
    ),
    found.operating_point && h("p", { class: "small faint" }, live("evidence.held_against", { point: found.operating_point })),
  );
}

/** @param {unknown} value */
const plain = (value) => (typeof value === "number" ? number(value, { maximumFractionDigits: 4 }) : String(value));

/** @param {Desk} desk @param {Evidence} kept */
function checks(desk, kept) {
  const made = kept.checks.filter((check) => check.outcome !== "not_measured").sort((a, b) => WORST_FIRST.indexOf(a.outcome) - WORST_FIRST.indexOf(b.outcome));
  const row = (/** @type {Check} */ check) =>
    h(
      "li",
      { class: "check", data: { check: check.check } },
      h("div", { class: "check-head" }, h("strong", null, name(check)), tag(check.outcome)),
      likeness(check),
      why(desk, check),
      measured(check),
    );
  const left = kept.checks.filter((check) => check.outcome === "not_measured").map((check) => name(check));
  return [
    h("h3", null, live("evidence.checks")),
    h("ul", { class: "checks" }, made.map(row)),
    left.length > 0 && h("p", { class: "small faint" }, live("evidence.not_measured", { names: listed(left) })),
  ];
}

/** @param {Check} check */
const name = (check) => (knows(`check.${check.check}`) ? t(`check.${check.check}`) : check.check);

/** How near the faces came, and how near the policy asks for. @param {Check} check */
function likeness(check) {
  const threshold = check.details?.["threshold"];
  if (check.check !== "comparison" || typeof check.score !== "number" || typeof threshold !== "number") return null;
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const said = liveBy(() => t("evidence.likeness", { score: number(check.score ?? 0, two), threshold: number(threshold, two) }));
  const bar = h("div", { class: "likeness", "aria-hidden": "true", style: { "--score": String(clipped(check.score)), "--asked": String(clipped(threshold)) } });
  return h("div", null, bar, h("p", { class: "small" }, said));
}

/** @param {number} value */
const clipped = (value) => Math.min(1, Math.max(0, value));
