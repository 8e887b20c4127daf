// What was read of the document, with what does not agree marked at its field.

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { date, knows, listed, live, liveBy, t } from "../shared/words.js";

/** @typedef {{fields: Record<string, string>, as_read?: Record<string, string>}} Reading */
/** @typedef {import("./evidence.js").Check} Check */
/** @typedef {import("../shared/words.js").Live} Live */

/** Which fields show what the document's places say of it. */
const SHOWN_BY = /** @type {Record<string, string[]>} */ ({
  name: ["family_name", "given_names"],
  document_number: ["document_number"],
  birth_date: ["date_of_birth"],
  expiry_date: ["date_of_expiry"],
  nationality: ["nationality"],
  issuing_state: ["issuing_state"],
});
const ORDER = ["family_name", "given_names", "date_of_birth", "nationality", "document_number", "date_of_expiry", "issuing_state", "document_type"];
const WHOLE_DATE = /^\d{4}-\d\d-\d\d$/;

/**
 * @param {Reading | null} reading
 * @param {Check[]} checks
 * @returns {HTMLElement}
 */
export function reading(reading, checks) {
  const title = h("h2", { id: "reading-title", tabindex: "-1" }, live("reading.title"));
  if (!reading) return h("section", { class: "reading card", "aria-labelledby": "reading-title" }, title, h("p", { class: "faint" }, live("reading.none")));
  const marks = marked(reading, checks);
  const names = [...ORDER.filter((name) => name in reading.fields), ...Object.keys(reading.fields).filter((name) => !ORDER.includes(name))];
  const rows = names.flatMap((name) => {
    const told = marks.get(name) ?? [];
    return [
      h("dt", null, liveBy(() => (knows(`reading.field.${name}`) ? t(`reading.field.${name}`) : name))),
      h(
        "dd",
        { class: told.length ? "marked" : "" },
        h("span", { class: "value", dir: "auto" }, liveBy(() => shown(name, reading.fields[name] ?? ""))),
        told.map((text) => h("span", { class: "mark" }, icon("warning"), h("span", null, text))),
      ),
    ];
  });
  return h("section", { class: "reading card", "aria-labelledby": "reading-title" }, title, h("dl", { class: "facts" }, rows));
}

/** @param {string} name @param {string} value */
function shown(name, value) {
  if (name === "document_type" && knows(`reading.type.${value}`)) return t(`reading.type.${value}`);
  return WHOLE_DATE.test(value) ? date(`${value}T00:00:00Z`, { dateStyle: "medium", timeZone: "UTC" }) : value;
}

/**
 * What is to be said at each field.
 * @param {Reading} reading
 * @param {Check[]} checks
 * @returns {Map<string, Live[]>}
 */
function marked(reading, checks) {
  /** @type {Map<string, Live[]>} */
  const marks = new Map();
  const mark = (/** @type {string[]} */ fields, /** @type {Live} */ text) => {
    for (const field of fields) marks.set(field, [...(marks.get(field) ?? []), text]);
  };
  const agreement = checks.find((check) => check.check === "document_consistent");
  const codes = new Set((agreement?.reasons ?? []).map((reason) => reason.code));
  for (const [what, fields] of Object.entries(SHOWN_BY)) {
    if (codes.has(`${what}_disagrees`)) {
      const places = String(agreement?.details?.[`${what}_between`] ?? "").split(", ").filter(Boolean);
      mark(fields, liveBy(() => (places.length ? t("reading.differs.between", { places: listed(places.map(placeName)) }) : t("reading.differs"))));
    }
    if (codes.has(`${what}_unclear`)) mark(fields, live("reading.unclear"));
  }
  for (const [field, value] of Object.entries(reading.as_read ?? {})) mark([field], live("reading.corrected", { value }));
  const validity = checks.find((check) => check.check === "document_validity");
  if (validity?.outcome === "fail") mark(["date_of_expiry"], live("reading.expired"));
  return marks;
}

/** @param {string} place */
const placeName = (place) => (knows(`reading.place.${place}`) ? t(`reading.place.${place}`) : place);
