// Small pieces that the screens of the overview are made of.

import { announce } from "../shared/announce.js";
import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { date, live, liveBy, t } from "../shared/words.js";

/** @typedef {import("../shared/dom.js").Child} Child */
/** @typedef {import("../shared/words.js").Live} Live */
/**
 * What a screen is given. `signal` ends when it is left; `fail` says what went wrong, `clear` takes that away again.
 * @typedef {{me: any, signal: AbortSignal, fail: (error: unknown) => void, clear: () => void}} Context
 */

/** @param {string} sign @param {Child} words @param {string} [kind] good, bad or warn */
export const told = (sign, words, kind = "") => h("div", { class: `told ${kind}`.trim() }, icon(sign), h("p", null, words));

/** Where a screen says that something did not work; empty until then. */
export function trouble() {
  const place = h("div", { role: "alert" });
  return {
    place,
    /** @param {unknown} error */
    show(error) {
      if (!(error instanceof Error)) return;
      fill(place, told("warning", liveBy(() => problemText(error)), "bad"));
      place.scrollIntoView({ block: "nearest" });
    },
    clear: () => place.replaceChildren(),
  };
}

/**
 * A button whose act takes time and can fail: pressed once at a time, and what went wrong is told.
 * @param {Child} words
 * @param {() => Promise<unknown>} act
 * @param {{fail: (error: unknown) => void, clear: () => void, class?: string, label?: Live}} about
 */
export function acting(words, act, about) {
  const button = h("button", { type: "button", class: about.class ?? null, "aria-label": about.label ?? null }, words);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true"); // so that it keeps the focus
    about.clear();
    try {
      await act();
    } catch (error) {
      about.fail(error);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  return button;
}

/**
 * A control with its label and a hint.
 * @param {string} id
 * @param {HTMLInputElement | HTMLSelectElement} control
 * @param {Live} label
 * @param {Live} [hint]
 */
export function field(id, control, label, hint) {
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null,
    control,
  );
}

/**
 * Boxes to tick, of which any may be.
 * @param {Live} legend
 * @param {readonly {value: string, words: Child}[]} choices
 * @param {Live} [hint]
 */
export function boxes(legend, choices, hint) {
  const inputs = choices.map(({ value }) => h("input", { type: "checkbox", value }));
  const place = h(
    "fieldset",
    null,
    h("legend", null, legend),
    hint ? h("p", { class: "hint" }, hint) : null,
    choices.map(({ words }, index) => h("label", { class: "choice" }, inputs[index], h("span", null, words))),
  );
  return { place, chosen: () => inputs.filter((input) => input.checked).map((input) => input.value) };
}

/**
 * @param {Live} caption
 * @param {readonly Child[]} head
 * @param {readonly (readonly Child[])[]} rows the first of each says what the row is about
 */
export function table(caption, head, rows) {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      null,
      h("caption", { class: "unseen" }, caption),
      h("thead", null, h("tr", null, head.map((cell) => h("th", { scope: "col" }, cell)))),
      h("tbody", null, rows.map(([first, ...rest]) => h("tr", null, h("th", { scope: "row" }, first), rest.map((cell) => h("td", null, cell))))),
    ),
  );
}

/** @param {readonly (readonly [Child, Child] | null)[]} pairs */
export const facts = (pairs) =>
  h("dl", { class: "facts" }, pairs.map((pair) => (pair === null ? null : [h("dt", null, pair[0]), h("dd", null, pair[1])])));

/** A moment in the reader's language, or that there was none. @param {string | undefined} when */
export const moment = (when) => (when ? liveBy(() => date(when)) : live("overview.never"));

/**
 * Asks before something that cannot be taken back. Resolves to whether it was agreed to.
 * @param {{title: Live, text: Live, act: Live}} asked
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, act }) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "confirm-title" });
    const close = (/** @type {string} */ how) => () => dialog.close(how);
    fill(
      dialog,
      h("h2", { id: "confirm-title" }, title),
      h("p", null, text),
      h(
        "p",
        { class: "actions" },
        h("button", { type: "button", class: "quiet", on: { click: close("") } }, live("overview.keep")),
        h("button", { type: "button", class: "grave", on: { click: close("yes") } }, act),
      ),
    );
    opened(dialog, () => resolve(dialog.returnValue === "yes"));
  });
}

/**
 * Shows what nobody can show again, until it is closed on purpose.
 * @param {{title: Live, text: Live, label: Live, secret: string}} asked
 * @returns {Promise<void>}
 */
export function shownOnce({ title, text, label, secret }) {
  return new Promise((resolve) => {
    const output = h("input", { id: "secret", type: "text", readonly: true, value: secret, dir: "ltr", class: "secret", autocomplete: "off", spellcheck: "false" });
    output.addEventListener("focus", () => output.select());
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(secret);
        announce(t("overview.copied"));
        fill(button, icon("check"), live("overview.copied"));
      } catch {
        output.focus(); // it is marked, and the keyboard copies it
      }
    };
    const button = h("button", { type: "button", class: "quiet", on: { click: copy } }, icon("save"), live("overview.copy"));
    const dialog = h("dialog", { "aria-labelledby": "secret-title", class: "once" });
    fill(
      dialog,
      h("h2", { id: "secret-title" }, title),
      told("warning", text, "warn"),
      h("label", { for: "secret" }, label),
      output,
      h("p", { class: "actions" }, button, h("button", { type: "button", on: { click: () => dialog.close() } }, live("overview.kept_it"))),
    );
    dialog.addEventListener("cancel", (event) => event.preventDefault()); // the key for leaving closes it too easily
    opened(dialog, () => {
      output.value = "";
      resolve();
    });
  });
}

/** @param {HTMLDialogElement} dialog @param {() => void} closed */
function opened(dialog, closed) {
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
    closed();
  });
  document.body.append(dialog);
  dialog.showModal();
}
