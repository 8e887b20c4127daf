// What shows, on a device that took over, that it and the one before belong together.

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { live } from "../shared/words.js";

/** @typedef {import("./context.js").Context} Context */

/**
 * Until the first step is done.
 * @param {string | undefined} code
 * @param {Context} context
 */
export function belongs(code, context) {
  if (!code || !context.status.may_act || context.status.next === "done") return null;
  return h("p", { class: "told belongs" }, icon("phone"), h("span", {}, live("handoff.same"), " ", h("strong", {}, code)));
}
