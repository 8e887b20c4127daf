// The camera's picture as in a mirror, with the outline that a face belongs into; the outline is the ring of progress too.

import { h, svg } from "../shared/dom.js";
import { live } from "../shared/words.js";

/** @typedef {import("./capture.js").Oval} Oval */
/** @typedef {import("./camera.js").Camera} Camera */

/** A phone in the hand; `begun` tells what the policy says. @type {Oval} */
const USUAL = { width: 0.51, height: 0.68 };
/** What a gesture is shown by, at which side of the mirror: the holder's own left is on the left of it. */
const ARROWS = new Set(["turn_left", "turn_right", "look_up", "look_down"]);

/** Half of an arrow, px. */
const ARROW = 24;

export class Stage {
  #oval = USUAL;
  #done = 0;
  #size = new ResizeObserver(() => this.#draw());

  constructor() {
    this.video = h("video", { class: "preview", muted: true, playsinline: true, autoplay: true, "aria-label": live("face.preview") });
    this.#hole = svg("path", { class: "around", "fill-rule": "evenodd" });
    this.#line = svg("path", { class: "line", pathLength: 100 });
    this.#ring = svg("path", { class: "ring", pathLength: 100 });
    this.#drawing = svg("svg", { class: "outline", "aria-hidden": "true", focusable: "false" }, this.#hole, this.#line, this.#ring);
    this.#arrow = h("span", { class: "arrow", "aria-hidden": "true", hidden: true });
    this.advice = h("p", { class: "advice", hidden: true });
    this.root = h("div", { class: "stage" }, this.video, this.#drawing, this.#arrow, this.advice);
    this.#size.observe(this.root);
    this.video.addEventListener("resize", () => this.#shape());
    this.progress(0);
  }

  #hole;
  #line;
  #ring;
  #drawing;
  #arrow;

  /** Shows a camera, or none. @param {Camera | null} camera */
  async show(camera) {
    this.video.srcObject = camera?.stream ?? null;
    this.root.classList.toggle("mirror", camera?.mirrored ?? true);
    if (!camera) return;
    await this.video.play().catch(() => undefined); // it plays by itself once it is seen
    this.#shape();
  }

  /** A video that was off the page stands still until it is told to go on (HTML, 4.8.11.8). */
  resume() {
    if (this.video.srcObject && this.video.paused) this.video.play().catch(() => undefined);
  }

  /** @param {Oval} oval */
  set oval(oval) {
    this.#oval = oval;
    this.#draw();
  }

  /** @param {number} share of all there is, 0 to 1 */
  progress(share) {
    this.#done = share;
    this.#ring.style.setProperty("stroke-dasharray", `${100 * share} 100`);
    this.root.dataset.progress = share.toFixed(2);
  }

  get done() {
    return this.#done;
  }

  /** Which way to move, beside the words that say so. @param {string} ask "" for none */
  point(ask) {
    this.#arrow.hidden = !ARROWS.has(ask);
    this.#arrow.dataset.way = ask;
  }

  close() {
    this.#size.disconnect();
    this.video.srcObject = null;
  }

  /** The stage has the form of the camera's picture, so that nothing of it is cut off. */
  #shape() {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth || !videoHeight) return;
    this.root.style.setProperty("--ratio", String(videoWidth / videoHeight));
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (!width || !height) return;
    const [x, y] = [width / 2, height / 2];
    const shorter = Math.min(width, height);
    const [rx, ry] = [(this.#oval.width * shorter) / 2, (this.#oval.height * shorter) / 2];
    // from the top, by the right, as clocks go
    const oval = `M${x} ${y - ry}A${rx} ${ry} 0 0 1 ${x} ${y + ry}A${rx} ${ry} 0 0 1 ${x} ${y - ry}Z`;
    this.#drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#hole.setAttribute("d", `M0 0H${width}V${height}H0Z${oval}`);
    this.#line.setAttribute("d", oval);
    this.#ring.setAttribute("d", oval);
    // the arrow stands beside the outline, and never outside the picture
    this.root.style.setProperty("--aside", `${Math.min(rx + ARROW, x - ARROW)}px`);
    this.root.style.setProperty("--above", `${Math.min(ry + ARROW, y - ARROW)}px`);
  }
}
