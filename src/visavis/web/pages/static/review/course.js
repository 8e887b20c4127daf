// The small plots of a capture, witness by witness.

import { bars, line } from "../shared/plot.js";
import { knows, number, t } from "../shared/words.js";

/** @typedef {import("./evidence.js").Course} Course */
/** @typedef {import("./evidence.js").Witness} Witness */

const SIDES = ["left", "right", "up", "down"];
const DIRECTIONS = /** @type {Record<string, [series: string, sign: number]>} */ ({
  turn_left: ["yaw", 1],
  turn_right: ["yaw", -1],
  look_up: ["pitch", 1],
  look_down: ["pitch", -1],
  close_eyes: ["closedness", 1],
});
const HEIGHT = 150;

/**
 * @param {Witness} witness
 * @param {Course} course
 * @param {(code: string) => string} said
 * @returns {HTMLElement[]}
 */
export function plotsOf(witness, course, said) {
  switch (witness.witness) {
    case "active":
      return [head(course), eyes(course)].flat();
    case "structure":
      return depth(witness);
    case "light":
      return light(course);
    case "passive":
      return one(course, "texture", t("plot.texture"), { label: t("plot.score"), from: 0, to: 1 }, t("plot.score"), []);
    case "continuity":
      return one(course, "size", t("plot.size"), { label: t("plot.width"), from: 0 }, t("plot.width"), gone(course, said));
    default:
      return [];
  }
}

/** @param {Course} course @param {string} name @returns {(readonly [number, number | null])[]} */
const points = (course, name) => (course.series[name] ?? []).map((value, i) => [course.times[i] ?? 0, value]);

/** Of all plots over time: the same axis, so that one is read against the other. @param {Course} course */
const seconds = (course) => ({ label: t("plot.seconds"), from: 0, to: course.times.at(-1) || 1, format: (/** @type {number} */ s) => number(s, { maximumFractionDigits: 1 }) });

/** @param {Course} course */
function prompts(course) {
  return course.asked.map((item) => ({ from: item.from_s, to: item.until_s, label: knows(`asked.${item.what}`) ? t(`asked.${item.what}`) : item.what }));
}

/** @param {Course} course @param {(code: string) => string} said */
const gone = (course, said) => course.unusable.map((item) => ({ from: item.from_s, to: item.until_s, label: said(item.what) }));

/** From where on the gestures that were asked for count. @param {Course} course @param {string[]} names */
function limits(course, names) {
  const ats = course.asked.flatMap((item) => {
    const [name = "", sign = 1] = DIRECTIONS[item.what] ?? [];
    const from = course.counts_from[name];
    return names.includes(name) && from !== undefined ? [sign * from] : [];
  });
  // said once: the lines lie close to one another
  return [...new Set(ats)].sort((a, b) => b - a).map((at, i) => ({ at, label: i ? "" : t("plot.counts_from") }));
}

/** @param {Course} course */
function head(course) {
  if (!course.series["yaw"] && !course.series["pitch"]) return [];
  return [
    line({
      title: t("plot.head"),
      tableLabel: t("evidence.table"),
      x: seconds(course),
      y: { label: t("plot.degrees") },
      series: [
        { name: t("plot.yaw"), points: points(course, "yaw") },
        { name: t("plot.pitch"), points: points(course, "pitch") },
      ],
      spans: prompts(course),
      limits: limits(course, ["yaw", "pitch"]),
      height: HEIGHT + 30,
    }),
  ];
}

/** @param {Course} course */
function eyes(course) {
  const shut = course.asked.filter((item) => item.what === "close_eyes").map((item) => ({ from: item.from_s, to: item.until_s, label: t("asked.close_eyes") }));
  return one(course, "closedness", t("plot.eyes"), { label: t("plot.share"), from: 0, to: 1 }, t("plot.closedness"), shut);
}

/** @param {Course} course */
function light(course) {
  if (!course.series["skin_red"] && !course.series["skin_blue"]) return [];
  const spans = course.colours.map(({ colour, from_s, until_s }) => ({ from: from_s, to: until_s, label: `rgb(${colour.join(", ")})`, colour: `rgb(${colour.join(",")})` }));
  const first = course.colours[0]?.from_s ?? 0;
  const last = course.colours.at(-1)?.until_s ?? course.times.at(-1) ?? 1;
  return [
    line({
      title: t("plot.skin"),
      tableLabel: t("evidence.table"),
      x: { ...seconds(course), from: Math.max(0, first - 0.5), to: last + 0.5 },
      y: { label: t("plot.log") },
      series: [
        { name: t("plot.skin_red"), points: within(points(course, "skin_red"), first, last) },
        { name: t("plot.skin_blue"), points: within(points(course, "skin_blue"), first, last) },
      ],
      spans,
      height: HEIGHT + 30,
    }),
  ];
}

/** @param {(readonly [number, number | null])[]} all @param {number} from @param {number} to */
const within = (all, from, to) => all.filter(([x]) => x >= from && x < to);

/** @param {Witness} witness */
function depth(witness) {
  const details = witness.details ?? {};
  const turned = SIDES.filter((side) => typeof details[`${side}_gain`] === "number");
  if (!turned.length) return [];
  return [
    bars({
      title: t("plot.depth"),
      tableLabel: t("evidence.table"),
      categories: turned.map((side) => t(`side.${side}`)),
      x: { label: t("plot.turn") },
      y: { label: t("plot.gain"), from: 0 },
      series: [{ name: t("plot.gain"), values: turned.map((side) => Math.max(0, Number(details[`${side}_gain`]))) }],
      height: HEIGHT,
    }),
  ];
}

/**
 * @param {Course} course
 * @param {string} name of the series
 * @param {string} title
 * @param {import("../shared/plot.js").Axis} y
 * @param {string} label of the line
 * @param {import("../shared/plot.js").Span[]} spans
 */
function one(course, name, title, y, label, spans) {
  // what was measured on some frames alone is a line through those
  const there = points(course, name).filter(([, value]) => value !== null || name !== "texture");
  if (!course.series[name]) return [];
  return [
    line({ title, tableLabel: t("evidence.table"), x: seconds(course), y, series: [{ name: label, points: there }], spans, limits: limits(course, [name]), height: HEIGHT }),
  ];
}
