// Whether the service can be reached, told by one bar for the whole page: shown once that is missed for a moment, and gone
// by itself. What waits goes on at once when the browser says that the network is back.

import { announce } from "./announce.js";
import { h } from "./dom.js";
import { live, t } from "./words.js";

const SHOWN_AFTER_MS = 1200;

class Connection {
  #lost = false;
  #timer = 0;
  /** @type {HTMLElement | null} */
  #bar = null;

  /** An answer came. */
  there() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#lost) announce(t("connection.back"));
    this.#lost = false;
    this.#bar?.remove();
    this.#bar = null;
  }

  /** No answer came; for those who notice it by another way than the API: a socket. */
  away() {
    if (this.#lost || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#lost = true;
      this.#bar = h("p", { id: "connection" }, live("connection.lost"));
      // in a landmark, as all that can be read; where it is drawn, its style says
      (document.querySelector("header") ?? document.body).append(this.#bar);
      announce(t("connection.lost"));
    }, SHOWN_AFTER_MS);
  }

  /**
   * Waits before the next try.
   * @param {number} milliseconds
   * @param {boolean} away whether it is the network that is waited for
   * @param {AbortSignal} [signal]
   * @returns {Promise<void>}
   */
  pause(milliseconds, away, signal) {
    if (away) this.away();
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        removeEventListener("online", over);
        signal?.removeEventListener("abort", stop);
      };
      const over = () => {
        end();
        resolve();
      };
      const stop = () => {
        end();
        reject(signal?.reason);
      };
      const timer = setTimeout(over, milliseconds);
      addEventListener("online", over);
      signal?.addEventListener("abort", stop);
    });
  }
}

export const connection = new Connection();
