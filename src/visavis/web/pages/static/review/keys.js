// Single keys for who works with the keyboard, shown in a list beside the work. They can be switched off, and do nothing
// while somebody writes (WCAG 2.2, 2.1.4): who speaks to their computer would press them by every word.

import { announce } from "../shared/announce.js";
import { fill, h } from "../shared/dom.js";
import { live, t } from "../shared/words.js";

/** @typedef {{key: string, label: import("../shared/words.js").Live, run: () => unknown}} Key */

const KEPT = "visavis-single-keys";
const WRITES = new Set(["text", "search", "email", "password", "number", "tel", "url"]);

export class Keys {
  constructor() {
    /** @type {Key[]} */
    this.there = [];
    this.on = read();
    this.list = h("ul", { class: "key-list" });
    const box = h("input", { type: "checkbox", id: "single-keys", checked: this.on });
    box.addEventListener("change", () => this.#turn(box.checked));
    this.place = h(
      "section",
      { class: "keys card", "aria-labelledby": "keys-title" },
      h("h2", { id: "keys-title", tabindex: "-1" }, live("keys.title")),
      this.list,
      h("label", { class: "choice" }, box, h("span", null, live("keys.on"))),
      h("p", { class: "hint" }, live("keys.hint")),
    );
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  /** What the keys do from now on. @param {Key[]} keys @param {import("../shared/dom.js").Child[]} [more] lines of the list */
  set(keys, more = []) {
    this.there = [...keys, { key: "?", label: live("keys.map"), run: () => this.place.querySelector("h2")?.focus() }];
    fill(
      this.list,
      this.there.map((one) => h("li", null, h("kbd", null, one.key.toUpperCase()), h("span", null, one.label))),
      more,
    );
    this.list.classList.toggle("off", !this.on);
  }

  /** @param {boolean} on */
  #turn(on) {
    this.on = on;
    this.list.classList.toggle("off", !on);
    try {
      localStorage.setItem(KEPT, on ? "1" : "0");
    } catch {
      // it is on again next time
    }
    announce(on ? t("keys.on.now") : t("keys.off.now"));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!this.on || event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (writes(event.target) || document.querySelector("dialog[open]")) return;
    const pressed = this.there.find((one) => one.key === event.key.toLowerCase());
    if (!pressed) return;
    event.preventDefault();
    pressed.run();
  }
}

/** @param {EventTarget | null} target */
function writes(target) {
  if (target instanceof HTMLInputElement) return WRITES.has(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

function read() {
  try {
    return localStorage.getItem(KEPT) !== "0";
  } catch {
    return true;
  }
}
