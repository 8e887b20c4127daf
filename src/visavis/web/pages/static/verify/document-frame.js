// The frame over the camera's picture: where the document goes, and, as soon as one is seen, its own edges.

import { h, svg } from "../shared/dom.js";

/** Of a passport's page with its margins; a card has its place in it, too. */
const SHAPE = 1.45;
const SHARE = 0.9;

export class Frame {
  #video;
  #edges = svg("polygon", { class: "doc-edges" });
  #drawing = svg("svg", { class: "doc-overlay", "aria-hidden": "true", focusable: "false" }, this.#edges);
  #corners = h("div", { class: "doc-corners", "aria-hidden": "true" }, [1, 2, 3, 4].map((at) => h("i", { data: { at: String(at) } })));
  element = h("div", { class: "doc-frame" }, this.#corners, this.#drawing);

  /** @param {HTMLVideoElement} video fills the element's own place, cut to its shape */
  constructor(video) {
    this.#video = video;
    this.#corners.style.setProperty("--shape", String(SHAPE));
    this.#corners.style.setProperty("--share", `${100 * SHARE}%`);
  }

  /**
   * @param {readonly (readonly [number, number])[] | null} corners in parts of the camera's whole picture
   * @param {"" | "ready" | "not_yet"} state
   */
  show(corners, state) {
    this.element.dataset.state = state;
    const { videoWidth, videoHeight } = this.#video;
    const { clientWidth, clientHeight } = this.element;
    if (!corners || !videoWidth || !clientWidth) {
      this.#edges.setAttribute("points", "");
      return;
    }
    // as `object-fit: cover` lays the picture
    const scale = Math.max(clientWidth / videoWidth, clientHeight / videoHeight);
    const left = (clientWidth - videoWidth * scale) / 2;
    const top = (clientHeight - videoHeight * scale) / 2;
    this.#drawing.setAttribute("viewBox", `0 0 ${clientWidth} ${clientHeight}`);
    const points = corners.map(([x, y]) => `${(left + x * videoWidth * scale).toFixed(1)},${(top + y * videoHeight * scale).toFixed(1)}`);
    this.#edges.setAttribute("points", points.join(" "));
  }
}
