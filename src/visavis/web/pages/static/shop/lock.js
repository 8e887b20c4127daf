// The lock of the shop's page: shown where nobody is signed in, where the tablet comes back from a customer, where it was
// left alone, and where the clerk locks it. The session is ended by the service before the lock is shown, so it is no curtain
// alone; what was typed stays in the page behind it, unseen, until somebody signs in with their passkey.

import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { live } from "../shared/words.js";
import { signIn, signOut } from "../staff/passkey.js";
import { acting, trouble } from "./parts.js";

const LEFT_ALONE_MS = 10 * 60 * 1000;
const TOUCHES = ["pointerdown", "keydown"];

/** @typedef {"over" | "back" | "left" | "locked" | "first"} Why */

export class Lock {
  /** @type {Promise<void> | null} */
  #shown = null;
  #left = 0;
  /** @type {Promise<unknown>} */
  #ended = Promise.resolve();

  /** @param {HTMLElement} place beside the screens @param {HTMLElement[]} hidden what is not to be seen meanwhile */
  constructor(place, hidden) {
    this.place = place;
    this.hidden = hidden;
    for (const touch of TOUCHES) addEventListener(touch, () => this.#touched(), { passive: true });
    this.#touched();
  }

  /** Until somebody has signed in. @param {Why} why @returns {Promise<void>} */
  closed(why) {
    this.#shown ??= this.#show(why).finally(() => {
      this.#shown = null;
    });
    return this.#shown;
  }

  /** Ends the session and locks. @param {Why} why */
  async lock(why) {
    if (this.#shown) return;
    this.#ended = signOut().catch(() => undefined); // the service ends it by itself before long; the page is locked either way
    await this.closed(why);
  }

  #touched() {
    clearTimeout(this.#left);
    this.#left = setTimeout(() => void this.lock("left"), LEFT_ALONE_MS);
  }

  /** @param {Why} why */
  async #show(why) {
    const focused = document.activeElement;
    for (const one of this.hidden) one.hidden = true;
    for (const dialog of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (dialog).close();
    await new Promise((resolve) => {
      const told = trouble();
      const enter = acting(
        [icon("lock"), live(why === "first" ? "shop.lock.first.open" : "shop.lock.open")],
        async () => {
          await this.#ended; // its answer would take the new session's cookie away
          await signIn();
          resolve(null);
        },
        told,
      );
      fill(
        this.place,
        h(
          "section",
          { class: "card lock" },
          icon("lock"),
          h("h1", null, live(`shop.lock.${why}`)),
          h("p", null, live(`shop.lock.${why}.what`)),
          told.place,
          h("div", { class: "actions" }, enter, h("a", { href: "/p/sign-in", class: why === "first" ? "button quiet" : "button plain" }, live("shop.lock.code"))),
        ),
      );
      this.place.hidden = false;
      arrive(this.place);
    });
    this.place.hidden = true;
    this.place.replaceChildren();
    for (const one of this.hidden) one.hidden = false;
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
  }
}
