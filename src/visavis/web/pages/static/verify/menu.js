// What a holder can do in every step beside it: below it, quietly, and always in the same place (WCAG 2.2, 3.2.6).

import { h } from "../shared/dom.js";
import { live } from "../shared/words.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Where} Where */

/** @type {Record<string, Where[]>} */
const OFFERED = {
  consent: ["handoff", "kept"],
  document: ["other", "handoff", "kept", "stop"],
  capture: ["other", "stop"],
  again: ["other", "handoff", "kept", "stop"],
  wait: ["kept", "stop"],
  alternative: ["kept"],
};

/** @param {string} step @param {Context} context */
export function menu(step, context) {
  const offered = context.status.may_act ? (OFFERED[step] ?? []) : [];
  if (!offered.length) return null;
  return h(
    "nav",
    { class: "menu", "aria-label": live("menu.label") },
    h(
      "ul",
      { class: "links" },
      offered.map((where) =>
        h(
          "li",
          {},
          h("button", { type: "button", class: "plain", data: { where }, on: { click: () => context.go(where) } }, live(`menu.${where}`)),
        ),
      ),
    ),
  );
}
