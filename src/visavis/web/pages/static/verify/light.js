// The light: it comes up softly, then every colour in its time, and goes softly. What is told is when each colour was
// really on the screen.

/** From the page's own ground to a pale light: nobody is to be startled by the first colour. */
const RISE_MS = 400;
/** The announcement and the rise; the service waits 0.9 s longer than the colours last. */
const LEAD_MS = 500;
const FALL_MS = 300;
const PALE = "#fff4e6";

/** @typedef {[number, string]} Shown seconds of the page's clock, and the colour */

export class LightShow {
  #sheet;
  #colours;
  #step;
  #start;
  /** @type {Shown[]} */
  #shown = [];
  #index = -1;
  /** @type {number | null} */
  #held = null;
  #frame = 0;
  /** @type {(shown: Shown[]) => void} */
  #end = () => undefined;

  /**
   * `over`: what was shown, once all was, or once it was stopped.
   * @param {HTMLElement} sheet over the whole page
   * @param {readonly string[]} colours
   * @param {number} stepSeconds
   */
  constructor(sheet, colours, stepSeconds) {
    this.#sheet = sheet;
    this.#colours = colours;
    this.#step = stepSeconds * 1000;
    this.#start = performance.now() + LEAD_MS;
    /** @type {Promise<Shown[]>} */
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    sheet.hidden = false;
    sheet.style.setProperty("--shown", PALE);
    sheet.animate([{ opacity: 0 }, { opacity: 1 }], { duration: RISE_MS, easing: "ease-in" });
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  /** Keeps the colour that is shown until this is called with false; then it goes on where it stopped. @param {boolean} held */
  hold(held) {
    const now = performance.now();
    if (held && this.#held === null) this.#held = now;
    if (!held && this.#held !== null) {
      this.#start += now - Math.max(this.#held, this.#start);
      this.#held = null;
    }
  }

  get held() {
    return this.#held !== null;
  }

  get leftMs() {
    return this.#start + this.#colours.length * this.#step - performance.now();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#end(this.#shown);
    const fall = this.#sheet.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FALL_MS, easing: "ease-out" });
    fall.onfinish = () => {
      this.#sheet.hidden = true;
      this.#sheet.style.removeProperty("--shown");
    };
  }

  /** @param {number} now */
  #tick(now) {
    this.#frame = requestAnimationFrame((later) => this.#tick(later));
    if (this.#held !== null || now < this.#start) return;
    const index = Math.floor((now - this.#start) / this.#step);
    const colour = this.#colours[index];
    if (colour === undefined) {
      this.stop();
    } else if (index !== this.#index) {
      this.#index = index;
      this.#sheet.style.setProperty("--shown", colour);
      this.#sheet.dataset.colour = colour;
      // this frame is being made now; by the next one it is on the screen
      requestAnimationFrame(() => this.#shown.push([performance.now() / 1000, colour]));
    }
  }
}
