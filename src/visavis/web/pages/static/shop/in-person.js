// The other way: the clerk looks at the original document and at its holder, says what was done, and puts their name to it.
// Of the number only a pseudonym is kept, which the service makes; this page forgets it with the form.

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { live } from "../shared/words.js";
import { acting, field } from "./parts.js";

/** @typedef {import("./work.js").Work} Work */
/** @typedef {import("./work.js").Part} Part */
/** @typedef {import("./desk.js").Desk} Desk */

const TYPES = ["passport", "identity_card", "residence_permit", "driving_licence"];

/**
 * @param {Desk} desk @param {Work} work @param {Part} part @param {import("./part.js").Way} way
 */
export function inPersonForm(desk, work, part, way) {
  const type = field(
    "type",
    h("select", null, TYPES.map((one) => h("option", { value: one }, live(`shop.document.${one}`)))),
    { label: live("shop.document.type") },
  );
  const state = field("state", h("input", { autocomplete: "off", autocapitalize: "characters", maxlength: "3", spellcheck: "false" }), {
    label: live("shop.document.state"),
    hint: live("shop.document.state.hint"),
  });
  const number = field("number", h("input", { autocomplete: "off", autocapitalize: "characters", maxlength: "40", spellcheck: "false", dir: "ltr" }), {
    label: live("shop.document.number"),
    hint: live("shop.document.number.hint"),
  });
  const none = h("input", { type: "checkbox" });
  const expires = field("expires", h("input", { type: "date", max: "9999-12-31" }), {
    label: live("shop.document.expires"),
    beside: h("label", { class: "choice" }, none, h("span", null, live("shop.document.endless"))),
  });
  none.addEventListener("change", () => {
    expires.control.disabled = none.checked;
    expires.tell("");
  });
  const boxes = (desk.purposeOf(work)?.in_person ?? []).map((name) => ({ name, box: h("input", { type: "checkbox", name }) }));
  const wrong = h("p", { class: "wrong", id: "checks-wrong", hidden: true }, live("shop.checks.missing"));

  /** @param {"accept" | "reject"} verdict */
  const problems = (verdict) => {
    const told = /** @type {[ReturnType<typeof field>, string][]} */ ([
      [state, /^[A-Za-z]{1,3}$/.test(state.control.value.trim()) ? "" : "shop.document.state.wrong"],
      [number, /[A-Za-z0-9]/.test(number.control.value) ? "" : "shop.document.number.wrong"],
      [expires, none.checked || expires.control.value ? "" : "shop.document.expires.wrong"],
    ]);
    for (const [at, key] of told) at.tell(key);
    const open = verdict === "accept" ? boxes.filter(({ box }) => !box.checked) : [];
    wrong.hidden = open.length === 0;
    (told.find(([, key]) => key)?.[0].control ?? open[0]?.box)?.focus();
    return told.some(([, key]) => key) || open.length > 0;
  };
  /** @param {"accept" | "reject"} verdict */
  const say = async (verdict) => {
    if (problems(verdict)) return;
    const shown = {
      type: type.control.value,
      issuing_state: state.control.value.trim().toUpperCase(),
      number: number.control.value,
      expires: none.checked ? null : expires.control.value,
    };
    const made = boxes.filter(({ box }) => box.checked).map(({ name }) => name);
    await desk.checkInPerson(work, part, shown, made, verdict);
    way.show();
  };
  return h(
    "form",
    { novalidate: true, autocomplete: "off", on: { submit: (/** @type {Event} */ event) => event.preventDefault() } },
    h("h2", null, live("shop.person")),
    h("p", null, live("shop.person.how")),
    type.place,
    state.place,
    number.place,
    expires.place,
    h(
      "fieldset",
      { "aria-describedby": "checks-wrong" },
      h("legend", null, live("shop.checks")),
      wrong,
      boxes.map(({ name, box }) => h("label", { class: "choice" }, box, h("span", null, live(`shop.check.${name}`)))),
    ),
    h("p", { class: "faint small" }, live("shop.person.name")),
    h(
      "div",
      { class: "actions" },
      acting([icon("check"), live("shop.person.accept")], () => say("accept"), way.told),
      acting(live("shop.person.reject"), () => say("reject"), way.told, "grave"),
    ),
  );
}
