// The light sequence: every colour in its time, and when each was really on the screen.

const LEAD_MS = 400; // for the words that announce it

export class LightShow {
  #paint;
  #colours;
  #step;
  #start = performance.now() + LEAD_MS;
  #shown = [];
  #index = -1;
  #held = null;
  #frame = 0;
  #end;

  /** Calls `paint(colour)` in turn, and resolves `over` with [seconds, colour] of each that was shown. */
  constructor(colours, stepSeconds, paint) {
    this.#colours = colours;
    this.#step = stepSeconds * 1000;
    this.#paint = paint;
    this.over = new Promise((resolve) => (this.#end = resolve));
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  /** Keep the colour that is shown, until this is called with false; then go on where it stopped. */
  hold(held) {
    const now = performance.now();
    if (held && this.#held === null) this.#held = now;
    if (!held && this.#held !== null) {
      this.#start += now - Math.max(this.#held, this.#start);
      this.#held = null;
    }
  }

  get leftMs() {
    return this.#start + this.#colours.length * this.#step - performance.now();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#end(this.#shown);
  }

  #tick(now) {
    this.#frame = requestAnimationFrame((later) => this.#tick(later));
    if (this.#held !== null || now < this.#start) return;
    const index = Math.floor((now - this.#start) / this.#step);
    if (index >= this.#colours.length) {
      this.stop();
    } else if (index !== this.#index) {
      this.#index = index;
      const colour = this.#colours[index];
      this.#paint(colour);
      // this frame is being made now; by the next one it is on the screen
      requestAnimationFrame(() => this.#shown.push([performance.now() / 1000, colour]));
    }
  }
}
