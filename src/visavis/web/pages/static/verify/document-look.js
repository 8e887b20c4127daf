// What the service says of the camera's picture before it is taken: one small picture at a time, the next once the last is
// answered, so that a slow line or a busy service is asked less.

import { post, Problem } from "../shared/api.js";
import { encoded } from "./document-files.js";

/**
 * `corners`: of the page, in parts of the picture. `steady`: the last few pictures would all have done, with the page in
 * one place.
 * @typedef {{ready: boolean, advice: string[], corners: [number, number][] | null, steady: boolean}} Seen
 */

const SIDE = 1024;
const SMALL_SIDE = 720;
const MOST_BYTES = 380_000;
const APART_MS = 250;
const AFTER_TROUBLE_MS = 1500;
/** A line on which a preview takes so long gets smaller ones. */
const SLOW_MS = 1500;
const STEADY = 3;
/** How far a corner may be from where it was, in parts of the picture. */
const STILL = 0.035;

export class Looking {
  #video;
  #signal;
  #side = SIDE;
  #good = 0;
  #canvas = document.createElement("canvas");
  /** @type {[number, number][] | null} */
  #before = null;

  /** @param {HTMLVideoElement} video @param {AbortSignal} signal ends it */
  constructor(video, signal) {
    this.#video = video;
    this.#signal = signal;
  }

  /** @param {(seen: Seen) => void} tell */
  async run(tell) {
    while (!this.#signal.aborted) {
      const seen = await this.#look();
      if (this.#signal.aborted) return;
      if (seen) tell(seen);
      await pause(seen ? APART_MS : AFTER_TROUBLE_MS, this.#signal);
    }
  }

  /** @returns {Promise<Seen | null>} null where nobody looked */
  async #look() {
    const video = this.#video;
    if (!video.videoWidth || document.hidden) return null;
    const picture = await encoded(video, this.#side, MOST_BYTES, { canvas: this.#canvas });
    if (picture === null) return null;
    const enlarged = Math.min(8, Math.max(1, Math.max(video.videoWidth, video.videoHeight) / picture.side));
    const form = new FormData();
    form.append("photo", picture.jpeg, "preview.jpg");
    const began = performance.now();
    try {
      const told = await post(`/h/v1/document/preview?enlarged=${enlarged.toFixed(2)}`, form, { signal: this.#signal });
      if (performance.now() - began > SLOW_MS) this.#side = SMALL_SIDE;
      return told.looked ? this.#judge(told) : null;
    } catch (error) {
      this.#good = 0;
      // the shutter works without advice; what is really wrong is told when the picture is sent
      if (this.#signal.aborted || error instanceof Problem) return null;
      throw error;
    }
  }

  /** @param {{ready: boolean, advice: string[], corners?: [number, number][] | null}} told @returns {Seen} */
  #judge({ ready, advice, corners = null }) {
    const still = ready && (this.#good === 0 || near(corners, this.#before));
    this.#good = ready ? (still ? this.#good + 1 : 1) : 0;
    this.#before = corners;
    return { ready, advice, corners, steady: this.#good >= STEADY };
  }
}

/** @param {[number, number][] | null} one @param {[number, number][] | null} other */
function near(one, other) {
  if (!one || !other) return false;
  return one.every(([x, y], at) => {
    const [a, b] = other[at] ?? [Infinity, Infinity];
    return Math.hypot(x - a, y - b) <= STILL;
  });
}

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
