// The camera's frames as JPEG, ten a second at most, with the time at which each was taken. They are made in a worker
// where the browser can; a frame that nobody waits for is never made.

import { encoded, HEADER_BYTES } from "./jpeg.js";

const WORKER = "/p/static/verify/encoder.js";
const APART_MS = 1000 / 10.5;
const SLACK_MS = 6;
/** Half a frame's time at eight a second: a device that takes longer is given smaller frames. */
const SLOW_MS = 60;
const SMALL_SIDE = 480;
const GOOD = 0.85;
const LEAST_QUALITY = 0.6;

/** @typedef {import("./jpeg.js").Made} Made */

/** Makes JPEG, in the order in which they are asked for. */
export class Encoder {
  /** @type {Worker | null} */
  #worker = null;
  /** @type {HTMLCanvasElement | null} */
  #canvas = null;
  /** @type {((message: ArrayBuffer | null) => void)[]} */
  #waiting = [];

  constructor() {
    try {
      if (typeof OffscreenCanvas === "undefined") return;
      this.#worker = new Worker(trusted(WORKER), { type: "module" });
      this.#worker.onmessage = (event) => this.#waiting.shift()?.(event.data);
      this.#worker.onerror = () => this.#fail();
    } catch {
      this.#fail();
    }
  }

  /** How many may be under way: a second one is on its way to the worker while the first is made. */
  get most() {
    return this.#worker ? 2 : 1;
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Made} made
   * @returns {Promise<ArrayBuffer | null>} 16 bytes of room, then the JPEG; null where there is none
   */
  async encode(video, made) {
    const worker = this.#worker;
    if (!worker) return encoded((this.#canvas ??= document.createElement("canvas")), video, made);
    const picture = await pictureOf(video);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      worker.postMessage({ picture, ...made }, [picture]);
    });
  }

  close() {
    this.#worker?.terminate();
    for (const answer of this.#waiting.splice(0)) answer(null);
  }

  /** On with the page's own thread. */
  #fail() {
    this.close();
    this.#worker = null;
  }
}

/** The pages let no text become a script but this one path (Trusted Types). @param {string} path */
function trusted(path) {
  const types = /** @type {{trustedTypes?: {createPolicy: (name: string, rules: object) => {createScriptURL: (path: string) => string}}}} */ (
    /** @type {unknown} */ (globalThis)
  ).trustedTypes;
  policy ??= types?.createPolicy("visavis-encoder", {
    createScriptURL(/** @type {string} */ asked) {
      if (asked !== WORKER) throw new TypeError("another script");
      return asked;
    },
  }) ?? { createScriptURL: (/** @type {string} */ asked) => asked };
  return policy.createScriptURL(path);
}

/** @type {{createScriptURL: (path: string) => string} | null} */
let policy = null;

/** @param {HTMLVideoElement} video @returns {Promise<VideoFrame | ImageBitmap>} */
async function pictureOf(video) {
  if (typeof VideoFrame !== "undefined") {
    try {
      return new VideoFrame(video);
    } catch {
      // a video that gives no frames of this kind
    }
  }
  return createImageBitmap(video);
}

/** Takes frames from a video, measures what they cost, and hands them on. */
export class Frames {
  #video;
  #encoder;
  #on = false;
  #encoding = 0;
  #last = -Infinity;
  #due = 0;
  #side = 640;
  #quality = GOOD;
  /** @type {number[]} */
  #costs = [];
  /** @type {(() => boolean) | null} */
  #wanted = null;
  /** @type {((message: ArrayBuffer, seconds: number) => void) | null} */
  #take = null;

  /** @param {HTMLVideoElement} video @param {Encoder} encoder */
  constructor(video, encoder) {
    this.#video = video;
    this.#encoder = encoder;
  }

  /** When the camera gave its last picture, by `performance.now()`. */
  seen = 0;

  /** Nothing is handed on yet: what a frame costs is measured meanwhile, since its size must not change later. */
  rehearse() {
    this.#wanted = () => this.#costs.length < 6;
    this.#take = () => undefined;
    this.#begin();
  }

  /**
   * Calls `wanted()` before each frame, and `take` with those that are: 16 bytes of room and the JPEG, and its time.
   * @param {number} side px, the longer one
   * @param {() => boolean} wanted
   * @param {(message: ArrayBuffer, seconds: number) => void} take
   */
  start(side, wanted, take) {
    const cost = median(this.#costs);
    this.#side = cost * (side / this.#side) ** 2 > SLOW_MS ? Math.min(side, SMALL_SIDE) : side;
    this.#wanted = wanted;
    this.#take = take;
    this.#begin();
  }

  /** Smaller ones, for a network that cannot carry these. */
  lighten() {
    this.#quality = Math.max(LEAST_QUALITY, this.#quality - 0.1);
  }

  stop() {
    this.#on = false;
    this.#wanted = null;
    this.#take = null;
  }

  #begin() {
    if (this.#on) return;
    this.#on = true;
    this.#next();
  }

  #next() {
    if (!this.#on) return;
    const video = this.#video;
    if ("requestVideoFrameCallback" in video) {
      video.requestVideoFrameCallback((now, about) => {
        this.#consider(about.captureTime ?? now);
        this.#next();
      });
    } else {
      requestAnimationFrame((now) => {
        this.#consider(now);
        this.#next();
      });
    }
  }

  /** @param {number} time of capture, in ms */
  async #consider(time) {
    const now = performance.now();
    this.seen = now;
    if (this.#encoding >= this.#encoder.most || now < this.#due - SLACK_MS || time <= this.#last || !this.#wanted?.()) return;
    const { videoWidth, videoHeight } = this.#video;
    const scale = Math.min(1, this.#side / Math.max(videoWidth, videoHeight));
    const [width, height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    if (!width || !height) return;
    this.#last = time;
    this.#due = Math.max(this.#due + APART_MS, now + APART_MS / 2);
    this.#encoding += 1;
    const message = await this.#encoder.encode(this.#video, { width, height, quality: this.#quality }).catch(() => null);
    this.#encoding -= 1;
    this.#costs = [...this.#costs.slice(-8), performance.now() - now];
    if (this.#on && message && message.byteLength > HEADER_BYTES) this.#take?.(message, time / 1000);
  }
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
