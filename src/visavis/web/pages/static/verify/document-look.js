// What the service says of the camera's picture before it is taken: one small picture at a time, the next once the last is
// answered, so that a slow line or a busy service is asked less.

import { post, Problem } from "../shared/api.js";
import { asPicture, encoded, longerSide } from "./document-files.js";

/**
 * `corners`: of the page, in parts of the picture. `picture`: once a few in a row will do, the last of them, whole: the
 * very one that was looked at, so that no hand can have moved since.
 * @typedef {{ready: boolean, advice: string[], corners: [number, number][] | null, picture: Blob | null}} Seen
 */

const SIDE = 1024;
const SMALL_SIDE = 720;
const MOST_BYTES = 380_000;
const APART_MS = 250;
/** Once a page that fills the picture will do, the next look is only to say so too. */
const SURE_MS = 100;
const AFTER_TROUBLE_MS = 1500;
/** A line on which a preview takes so long gets smaller ones. */
const SLOW_MS = 1500;
/** Part of the picture from which on a page fills it; what looks like a smaller one may be a part of one that is half out of
 * sight, and is looked at more often before it is believed. */
const FILLS = 0.25;
const ENOUGH = 2;
const ENOUGH_SMALL = 5;

export class Looking {
  #video;
  #signal;
  #side = SIDE;
  #good = 0;
  #canvas = document.createElement("canvas");

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
      const apart = seen?.ready && fills(seen.corners) ? SURE_MS : APART_MS;
      await pause(seen ? apart : AFTER_TROUBLE_MS, this.#signal);
    }
  }

  /** @returns {Promise<Seen | null>} null where nobody looked */
  async #look() {
    const video = this.#video;
    if (!video.videoWidth || document.hidden) return null;
    const still = await stillOf(video);
    try {
      return await this.#judge(still);
    } finally {
      if (still instanceof ImageBitmap) still.close();
    }
  }

  /** @param {HTMLVideoElement | ImageBitmap} still @returns {Promise<Seen | null>} */
  async #judge(still) {
    const preview = await encoded(still, this.#side, MOST_BYTES, { canvas: this.#canvas });
    if (preview === null) return null;
    const enlarged = Math.min(8, Math.max(1, longerSide(still) / preview.side));
    const form = new FormData();
    form.append("photo", preview.jpeg, "preview.jpg");
    // made while the service looks
    const whole = this.#good + 1 < ENOUGH ? null : asPicture(still).catch(() => null);
    const began = performance.now();
    try {
      const told = await post(`/h/v1/document/preview?enlarged=${enlarged.toFixed(2)}`, form, { signal: this.#signal });
      if (performance.now() - began > SLOW_MS) this.#side = SMALL_SIDE;
      if (!told.looked) return null;
      const { ready, advice, corners = null } = told;
      this.#good = ready ? this.#good + 1 : 0;
      const enough = ready && this.#good >= (fills(corners) ? ENOUGH : ENOUGH_SMALL);
      return { ready, advice, corners, picture: enough ? await whole : null };
    } catch (error) {
      this.#good = 0;
      // the shutter works without advice; what is really wrong is told when the picture is sent
      if (this.#signal.aborted || error instanceof Problem) return null;
      throw error;
    }
  }
}

/** @param {[number, number][] | null} corners in parts of the picture */
function fills(corners) {
  const twice = corners?.reduce((sum, [x, y], at) => {
    const [next = 0, below = 0] = corners[(at + 1) % corners.length] ?? [];
    return sum + x * below - next * y;
  }, 0);
  return Math.abs(twice ?? 0) / 2 >= FILLS;
}

/** What the camera sees now, to be looked at twice; the camera itself where the browser cannot. @param {HTMLVideoElement} video */
const stillOf = (video) => createImageBitmap(video).catch(() => video);

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
