// What the parts of the reviewer's page share: who is there, the words of reasons, the service's clock, and how often it is
// asked what has changed.

import { get } from "../shared/api.js";
import { saidOf } from "../shared/said.js";
import { language, number, onLanguage, sayAgain } from "../shared/words.js";

/**
 * @typedef {{code: string, text: string, what_to_do?: string}} Reason
 * @typedef {{reviewer: string, verdict: string, reason: Reason, note?: string, given_at: string}} Opinion
 * @typedef {object} Review a case, as the service tells it
 * @property {string} id
 * @property {string} purpose_title
 * @property {"waiting" | "claimed" | "closed"} state
 * @property {string} referred_at
 * @property {number} waiting_seconds
 * @property {string} ends_at
 * @property {Reason[]} reasons
 * @property {string[]} kept
 * @property {boolean} acceptable
 * @property {number} persons
 * @property {number} verdicts_given
 * @property {number} looks
 * @property {string} [claimed_by]
 * @property {string} [claimed_until]
 * @property {Opinion[]} [opinions]
 * @property {string} [closed_at]
 * @property {string} [end]
 */
/** @typedef {{member: string, name: string, relying_party: {name: string}, scopes: string[], enrolling: boolean}} Me who signed in */

const IDLE_MS = 10 * 60_000;
/** Spans of time are told in the largest unit that they fill. */
const UNITS = /** @type {const} */ ([
  [86_400, "day"],
  [3600, "hour"],
  [60, "minute"],
  [1, "second"],
]);

export class Desk {
  /** @param {Me} me @param {(error: unknown) => void} fail where nothing else can be said of an error */
  constructor(me, fail) {
    this.me = me;
    this.fail = fail;
    this.#touched = Date.now();
    for (const sign of ["pointerdown", "keydown", "pointermove"]) addEventListener(sign, () => this.#touch(), { passive: true });
  }

  #touched;
  #ahead = 0;
  /** @type {Record<string, string>} */
  #reasons = {};
  /** @type {Set<() => void>} */
  #waking = new Set();

  /** The words of every reason, in the present language; asked for again with each change of it. */
  async learnReasons() {
    const load = async () => {
      const told = await get(`/h/v1/words?language=${encodeURIComponent(language())}`);
      this.#reasons = Object.fromEntries(Object.entries(told.reasons).map(([code, said]) => [code, said.text]));
    };
    await load();
    onLanguage(() => load().then(sayAgain, () => undefined));
  }

  /** In the present language. @param {Reason} reason */
  said(reason) {
    return this.#told(reason.code) || reason.text || reason.code;
  }

  /** @param {string} code */
  saidCode(code) {
    return this.#told(code) || code;
  }

  /** @param {string} code */
  #told(code) {
    return saidOf(code) || this.#reasons[code];
  }

  /** Learns what time it is for the service, which is what claims go by. @param {Review} review */
  setClock(review) {
    if (review.state !== "closed") this.#ahead = Date.parse(review.referred_at) + review.waiting_seconds * 1000 - Date.now();
  }

  now() {
    return Date.now() + this.#ahead;
  }

  /**
   * Calls `ask` every so often, until `signal`: not while the page is hidden, nor once nobody has touched it for ten
   * minutes, or a session that was left alone would never end.
   * @param {() => Promise<unknown>} ask
   * @param {number} everyMs
   * @param {AbortSignal} signal
   */
  everySo(ask, everyMs, signal) {
    let timer = 0;
    const turn = async () => {
      timer = 0;
      if (document.hidden || Date.now() - this.#touched > IDLE_MS) return; // `wake` begins it again
      try {
        await ask();
      } catch (error) {
        if (!signal.aborted) this.fail(error);
      }
      if (!signal.aborted) timer = setTimeout(turn, everyMs);
    };
    const wake = () => {
      if (!timer) timer = setTimeout(turn, 0);
    };
    timer = setTimeout(turn, everyMs);
    document.addEventListener("visibilitychange", wake, { signal });
    this.#waking.add(wake);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      this.#waking.delete(wake);
    });
  }

  #touch() {
    const slept = Date.now() - this.#touched > IDLE_MS;
    this.#touched = Date.now();
    if (slept) for (const wake of this.#waking) wake();
  }
}

/** "9 minutes". @param {number} seconds */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [size, unit] = UNITS.find(([most]) => whole >= most) ?? [1, "second"];
  return number(Math.floor(whole / size), { style: "unit", unit, unitDisplay: "long" });
}

/** "14:32". @param {number} seconds */
export function countdown(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** @param {string} id */
export const address = (id) => `/v1/reviews/${encodeURIComponent(id)}`;
