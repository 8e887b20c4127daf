// Small pieces that several screens of the shop's page are made of.

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { live, liveBy } from "../shared/words.js";
import { problemText } from "../shared/problems.js";
import { cardEnd, spoken } from "./numbers.js";

/** @typedef {import("../shared/dom.js").Child} Child */
/** @typedef {import("./work.js").Work} Work */

/**
 * A field with its label, a hint, and room for what is wrong with it, which is read out with the field.
 * @param {string} name
 * @param {HTMLInputElement | HTMLSelectElement} control
 * @param {{label: import("../shared/words.js").Live, hint?: import("../shared/words.js").Live, beside?: Child}} about
 */
export function field(name, control, { label, hint, beside }) {
  const wrong = h("p", { class: "wrong", id: `${name}-wrong`, hidden: true });
  control.id = name;
  control.setAttribute("aria-describedby", hint ? `${name}-hint ${name}-wrong` : `${name}-wrong`);
  const place = h(
    "div",
    { class: "field" },
    h("label", { for: name }, label),
    hint && h("p", { class: "hint", id: `${name}-hint` }, hint),
    wrong,
    h("div", { class: "beside" }, control, beside),
  );
  return {
    place,
    control,
    /** Shows what is wrong, by a key of the words; "" where nothing is. @param {string} key */
    tell(key) {
      wrong.hidden = !key;
      fill(wrong, key ? live(key) : null);
      if (key) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
  };
}

/** Where the screen says that something did not work; empty until then. */
export function trouble() {
  const place = h("div", { role: "alert" });
  return {
    place,
    /** @param {unknown} error */
    show(error) {
      place.replaceChildren(h("div", { class: "told bad" }, icon("warning"), h("p", null, liveBy(() => problemText(error)))));
      place.scrollIntoView({ block: "nearest" });
    },
    clear: () => place.replaceChildren(),
  };
}

/**
 * A button whose act can fail and takes time: it is pressed once, and what went wrong is told.
 * @param {Child} words
 * @param {() => Promise<unknown>} act
 * @param {ReturnType<typeof trouble>} told
 * @param {string} [more] classes
 */
export function acting(words, act, told, more = "") {
  const press = async () => {
    if (button.disabled) return;
    button.disabled = true;
    told.clear();
    try {
      await act();
    } catch (error) {
      told.show(error);
    } finally {
      button.disabled = false;
    }
  };
  const button = h("button", { type: "button", class: more || null, on: { click: press } }, words);
  return button;
}

/** What the work is about: the number, and the card by its end. @param {Work} work */
export function about(work) {
  return h(
    "dl",
    { class: "facts" },
    h("dt", null, live("shop.msisdn")),
    h("dd", { dir: "ltr", class: "number" }, spoken(work.msisdn)),
    work.iccid ? [h("dt", null, live("shop.iccid")), h("dd", { dir: "ltr", class: "number" }, cardEnd(work.iccid))] : null,
  );
}
