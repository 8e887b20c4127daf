// The form of an act: the number, the card, the customer's language. Everything that can be known before a customer verifies
// themselves is asked before: whether the digits are right, and whether there is such a line.

import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { language, languages, live } from "../shared/words.js";
import { readIccid, readMsisdn } from "./numbers.js";
import { field, trouble } from "./parts.js";
import { canScan, scanCard } from "./scan.js";
import { ACTS, drop, keep } from "./work.js";

/** @typedef {import("./work.js").Work} Work */
/** @typedef {import("./desk.js").Desk} Desk */

/**
 * @param {Desk} desk
 * @param {Work} work filled in as it is typed
 * @returns {Promise<boolean>} whether it was ordered; false where the clerk went back
 */
export function showForm(desk, work) {
  const fitting = desk.purposesFor(work.act);
  work.language ||= language();
  work.purpose ||= fitting[0]?.purpose ?? "";
  const told = trouble();
  const msisdn = field(
    "msisdn",
    h("input", { type: "tel", inputmode: "tel", autocomplete: "off", maxlength: "30", dir: "ltr", value: work.msisdn, "aria-required": "true" }),
    { label: live("shop.msisdn"), hint: live("shop.msisdn.hint") },
  );
  const scan = h("button", { type: "button", class: "quiet", hidden: !canScan() }, icon("camera"), live("shop.scan"));
  const iccid = field(
    "iccid",
    h("input", { inputmode: "numeric", autocomplete: "off", maxlength: "40", dir: "ltr", value: work.iccid, "aria-required": "true" }),
    { label: live("shop.iccid"), hint: live("shop.iccid.hint"), beside: scan },
  );
  const speaks = field(
    "speaks",
    h("select", null, languages().map(({ tag, name }) => h("option", { value: tag, lang: tag, selected: tag === work.language }, name))),
    { label: live("shop.language"), hint: live("shop.language.hint") },
  );
  const purpose = field(
    "purpose",
    h("select", null, fitting.map((one) => h("option", { value: one.purpose, selected: one.purpose === work.purpose }, one.title))),
    { label: live("shop.purpose") },
  );
  const { card } = ACTS[work.act];
  const note = () => {
    work.msisdn = msisdn.control.value;
    work.iccid = card ? iccid.control.value : "";
    work.language = speaks.control.value;
    work.purpose = purpose.control.value || work.purpose;
    keep(work);
  };

  return new Promise((resolve) => {
    /** What can be told without asking. The first field that is wrong gets the focus. */
    const readable = () => {
      const readings = [
        { at: msisdn, ...readMsisdn(msisdn.control.value) },
        ...(card ? [{ at: iccid, ...readIccid(iccid.control.value) }] : []),
      ];
      for (const { at, problem } of readings) at.tell(problem);
      const wrong = readings.find(({ problem }) => problem);
      wrong?.at.control.focus();
      return !wrong;
    };
    const send = async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (next.disabled || !readable()) return;
      next.disabled = true;
      told.clear();
      try {
        note();
        work.msisdn = readMsisdn(work.msisdn).text;
        work.iccid = card ? readIccid(work.iccid).text : "";
        const line = await desk.findLine(work.msisdn);
        const problem = unfit(work, line);
        if (problem) {
          msisdn.tell(problem);
          msisdn.control.focus();
          return;
        }
        if (work.act !== "register") work.line = line?.id ?? "";
        await desk.order(work);
        resolve(true);
      } catch (error) {
        told.show(error);
      } finally {
        next.disabled = false;
      }
    };
    const back = () => {
      drop(work);
      resolve(false);
    };
    scan.addEventListener("click", async () => {
      const found = await scanCard();
      scan.focus();
      if (!found) return;
      iccid.control.value = found;
      iccid.tell("");
      note();
    });
    const next = h("button", { type: "submit", disabled: !fitting.length }, live("shop.form.next"), icon("on"));
    fill(
      desk.root,
      h(
        "form",
        { class: "card", novalidate: true, autocomplete: "off", on: { submit: send, input: note } },
        h("h1", null, live(`shop.act.${work.act}`)),
        h("p", { class: "faint" }, live(`shop.act.${work.act}.about`)),
        told.place,
        !fitting.length && h("div", { class: "told bad" }, icon("warning"), h("p", null, live("shop.purpose.none"))),
        msisdn.place,
        card && iccid.place,
        speaks.place,
        fitting.length > 1 && purpose.place,
        h("div", { class: "actions" }, next, h("button", { type: "button", class: "quiet", on: { click: back } }, live("shop.back"))),
      ),
    );
    arrive(desk.root);
    msisdn.control.focus();
  });
}

/**
 * Why the line is not one for the act, as a key of the words.
 * @param {Work} work
 * @param {import("./desk.js").Line | null} line
 */
function unfit(work, line) {
  if (work.act === "register") return line ? "problem.number_registered" : "";
  if (!line) return "problem.line_unknown";
  return line.disputed ? "problem.line_disputed" : "";
}
