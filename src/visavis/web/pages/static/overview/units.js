// Numbers as people read them: shares, times, days.

import { date, number } from "../shared/words.js";

/** @type {readonly [number, number, string][]} from so many seconds on, so many seconds are one, of that unit */
const UNITS = [
  [2 * 86400, 86400, "day"],
  [2 * 3600, 3600, "hour"],
  [120, 60, "minute"],
  [0, 1, "second"],
];
const DAY_MS = 86_400_000;

/** @param {number | undefined} seconds */
export function seconds(seconds) {
  if (seconds === undefined) return "–";
  const [, size, unit] = UNITS.find(([from]) => seconds >= from) ?? [0, 1, "second"];
  return number(seconds / size, { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3 });
}

/** Of a whole; nothing of nothing is not told. @param {number} part @param {number} whole */
export const share = (part, whole) => (whole ? number(part / whole, { style: "percent", maximumFractionDigits: part && part < whole / 100 ? 1 : 0 }) : "–");

/** A day without a time, as 2027-03-01, wherever the reader is. @param {string} day @param {Intl.DateTimeFormatOptions} [options] */
export const day = (day, options = { day: "numeric", month: "short" }) => date(`${day}T00:00:00Z`, { ...options, timeZone: "UTC" });

/** Today in UTC, and so many days before. @param {number} [before] */
export const today = (before = 0) => new Date(Date.now() - before * DAY_MS).toISOString().slice(0, 10);

/** How many days there are from one to another, both counted. @param {string} first @param {string} last */
export const days = (first, last) => Math.round((Date.parse(last) - Date.parse(first)) / DAY_MS) + 1;
