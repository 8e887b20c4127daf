// What the screens of the sign-in page have in common: a place for what went wrong, and buttons that do one thing at a time.

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { liveBy } from "../shared/words.js";

/**
 * A place that says what went wrong, at once and until the next try.
 * @returns {{place: HTMLElement, tell: (error: unknown) => void, clear: () => void}}
 */
export function trouble() {
  const place = h("div", { role: "alert" });
  return {
    place,
    tell(error) {
      place.replaceChildren(h("div", { class: "told bad" }, icon("warning"), h("p", null, liveBy(() => problemText(error)))));
    },
    clear: () => place.replaceChildren(),
  };
}

/**
 * Does `act` once at a time, and tells what went wrong.
 * @param {HTMLButtonElement} button busy meanwhile
 * @param {ReturnType<typeof trouble>} told
 * @param {() => Promise<void>} act
 */
export function acting(button, told, act) {
  return async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true"); // it keeps the focus, which a disabled one loses
    told.clear();
    try {
      await act();
    } catch (error) {
      told.tell(error);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  };
}
