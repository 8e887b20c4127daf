// One live region that does not chatter: what is asked for is said at once, advice only once it has lasted, and the same
// advice not again while it is on.

const SETTLE_MS = 900;
const APART_MS = 2500;

export class Announcer {
  #region;
  #pending = 0;
  #waiting = "";
  #said = "";
  #last = -Infinity;

  constructor(region) {
    this.#region = region;
  }

  /** What is asked for now. */
  say(text) {
    this.#cancel();
    this.#said = "";
    this.#speak(text);
  }

  /** Advice, or "" where there is none any more. */
  advise(text) {
    if (text === this.#waiting) return;
    this.#cancel();
    if (!text || text === this.#said) return;
    this.#waiting = text;
    const wait = Math.max(SETTLE_MS, this.#last + APART_MS - performance.now());
    this.#pending = setTimeout(() => {
      this.#waiting = "";
      this.#said = text;
      this.#speak(text);
    }, wait);
  }

  #speak(text) {
    this.#last = performance.now();
    this.#region.textContent = text;
  }

  #cancel() {
    clearTimeout(this.#pending);
    this.#waiting = "";
  }
}
