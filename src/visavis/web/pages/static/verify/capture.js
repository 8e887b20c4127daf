// The page's end of a capture: docs/reference/capture-protocol.md. Texts both ways, and frames as far as there are credits.

import { connection } from "../shared/connection.js";
import { HEADER_BYTES } from "./jpeg.js";

const MOST_WAITING_BYTES = 150_000;
/** Where nothing is heard for so long, nobody is there any more: a network that is gone closes no connection by itself. */
const SILENCE_MS = 8000;
const QUIET_MS = 2500;

/** @typedef {{width: number, height: number}} Oval of the outline of a head, over the frame's shorter side */
/** @typedef {{nonce: string, step: number, ask: string, within_s?: number, eyes?: string, for_s?: number, colours?: string[], step_s?: number}} Prompt */
/** @typedef {{outcome: string, state: string, attempts_left: number, advice: string[]}} Result */
/**
 * How it ended. `begun`: whether an attempt was used. `code`: "lost" where the connection went, "stopped" where the holder
 * stopped; else the service's own, with the seconds after which to come again, where it says so.
 * @typedef {{result: Result | null, code: string, retryAfter: number | null, begun: boolean}} End
 */
/**
 * @typedef {object} Heard what the page does with what it is told
 * @property {(told: {oval: Oval, side: number}) => void} begun
 * @property {(prompt: Prompt) => void} prompt
 * @property {(done: number) => void} rest
 * @property {(held: boolean) => void} hold
 * @property {(guidance: string[]) => void} view
 * @property {() => void} finishing
 */

export class Capture {
  #socket;
  #heard;
  #credits = 0;
  #sent = 0;
  #viewed = 0;
  #begun = false;
  #over = false;
  #last = performance.now();
  #watch;
  /** @type {(end: End) => void} */
  #end = () => undefined;

  /** @param {Record<string, unknown>} hello its fields @param {Heard} heard */
  constructor(hello, heard) {
    this.#heard = heard;
    /** @type {Promise<End>} */
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/h/v1/capture`);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.send("hello", { protocol: 1, opened_s: performance.now() / 1000, ...hello });
    this.#socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    this.#socket.onclose = () => this.#finish("lost");
    this.#watch = setInterval(() => this.#listen(), 1000);
  }

  /** Whether a frame may be sent now. */
  get ready() {
    return !this.#over && this.#sent - this.#viewed < this.#credits && this.#socket.bufferedAmount < MOST_WAITING_BYTES;
  }

  /** Whether the network carries less than is sent. */
  get choked() {
    return this.#socket.bufferedAmount > 0 && this.#sent > 8;
  }

  /** Whether an attempt was used. */
  get begun() {
    return this.#begun;
  }

  /** How many frames were answered. */
  get viewed() {
    return this.#viewed;
  }

  /** @param {string} type @param {object} [fields] */
  send(type, fields = {}) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, ...fields }));
  }

  /** @param {ArrayBuffer} message with room for the header @param {number} seconds at which it was taken */
  sendFrame(message, seconds) {
    if (!this.ready || this.#socket.readyState !== WebSocket.OPEN) return;
    new Uint8Array(message, 0, HEADER_BYTES).fill(0);
    const header = new DataView(message);
    header.setUint8(0, 1);
    header.setUint32(4, this.#sent);
    header.setFloat64(8, seconds);
    this.#sent += 1;
    this.#socket.send(message);
  }

  /** The holder stops; nothing is kept. */
  stop() {
    if (this.#over) return;
    this.send("stop");
    this.#finish("stopped");
  }

  /** @param {any} message */
  #hear(message) {
    if (this.#over) return;
    this.#last = performance.now();
    connection.there();
    switch (message.type) {
      case "begun":
        this.#begun = true;
        this.#credits = message.credits;
        this.#heard.begun(message);
        break;
      case "prompt":
        this.#heard.prompt(message.prompt);
        break;
      case "rest":
        this.#heard.rest(message.done);
        break;
      case "hold":
        this.#heard.hold(message.held);
        break;
      case "view":
        this.#viewed += 1;
        this.#credits = message.credits;
        this.#heard.view(message.guidance);
        break;
      case "finishing":
        this.#credits = 0;
        this.#heard.finishing();
        break;
      case "result":
        this.#finish("", message);
        break;
      case "error":
        this.#finish(message.code, null, message.retry_after ?? null);
        break;
      default: // of a later version
    }
  }

  #listen() {
    const waits = this.#socket.readyState === WebSocket.CONNECTING || !this.#begun || this.#sent > this.#viewed;
    if (!waits) this.#last = performance.now(); // it is the page that says nothing
    const silent = performance.now() - this.#last;
    if (silent > SILENCE_MS) this.#finish("lost");
    else if (silent > QUIET_MS) connection.away();
  }

  /** @param {string} code @param {Result | null} [result] @param {number | null} [retryAfter] */
  #finish(code, result = null, retryAfter = null) {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#watch);
    this.#end({ result, code, retryAfter, begun: this.#begun });
    this.#socket.close();
  }
}
