// What the steps of the holder's page share. One object for as long as the page is open; nothing of it is stored anywhere,
// so that what was read of a document is gone with the page.

import { get } from "../shared/api.js";
import { language } from "../shared/words.js";

/**
 * @typedef {{code: string, text: string, advice: string}} Said a reason in the holder's language
 * @typedef {{conclusion: "accepted" | "rejected" | "inconclusive", reasons: Said[]}} Result
 * @typedef {"consent" | "document" | "capture" | "wait" | "alternative" | "done"} Next
 */
/**
 * `GET /h/v1/status`.
 * @typedef {object} Status
 * @property {string} verification
 * @property {string} state
 * @property {string} text in the holder's language
 * @property {Next} next
 * @property {boolean} may_act
 * @property {string} expires_at
 * @property {number} attempts_left
 * @property {boolean} agreed whether there is a receipt of the holder's consent
 * @property {string} language
 * @property {string} party who asks
 * @property {string} contact how to reach them, may be empty
 * @property {string} purpose what for, in the holder's language
 * @property {string} other_way what to do instead, in the holder's language
 * @property {string} [return_url]
 * @property {Result} [result] once it is decided
 */
/**
 * One field of a document, as `POST /h/v1/document` tells it.
 * @typedef {{name: string, label: string, value: string, place: string, doubtful: boolean, proven: boolean}} ReadField
 */
/**
 * How the holder wants it. `light`: whether coloured light may be shown; `eyes`: whose closing counts; `replaced`: from a
 * gesture that they cannot make to another.
 * @typedef {{voice: boolean, light: boolean, eyes: "both" | "left" | "right", replaced: Record<string, string>}} Settings
 */
/** Which camera; null: the one that suits the step. @typedef {{face: string | null, document: string | null}} CameraChoice */
/** How the last attempt ended: the capture's `result`. @typedef {{outcome: string, advice: string[], attempts_left: number}} Attempt */
/**
 * @typedef {object} Context
 * @property {Status} status as it was told last
 * @property {string | null} reading what was read of the document, sealed; in memory alone, and set by the document's step
 * @property {any} document the whole answer of the document's upload, for the holder's eyes; null without one
 * @property {Settings} settings
 * @property {CameraChoice} camera
 * @property {Attempt | null} last set by the face's step before it is done
 * @property {boolean} reloaded whether the page was loaded anew after the holder had agreed, so that a document that was
 *   shown before is gone; the document's step says so kindly, once, and sets it to false
 * @property {AbortSignal} left fires when the step is left, whatever the way: cameras stop, timers end. A new one a step
 * @property {() => Promise<Status>} refresh asks how it stands
 * @property {(where: Where) => void} go leaves the step for a screen of the shell; the step's own promise need not end
 */
/**
 * `document`: show it again; `kept`: what is kept about me; `handoff`: go on with another device; `other`: do it another
 * way; `stop`: stop and erase; `next`: whatever the status says.
 * @typedef {"document" | "kept" | "handoff" | "other" | "stop" | "next"} Where
 */
/** A step. It is done when the promise ends. @typedef {(root: HTMLElement, context: Context) => Promise<void>} Show */

/** A path of the holder's interface, with the language that the page is in. @param {string} path */
export const inLanguage = (path) => `${path}${path.includes("?") ? "&" : "?"}language=${encodeURIComponent(language())}`;

/** @param {AbortSignal} [signal] @returns {Promise<Status>} */
export const readStatus = (signal) => get(inLanguage("/h/v1/status"), signal ? { signal } : {});

/** @type {Map<string, Promise<Record<string, Said>>>} */
const reasons = new Map();

/** The words of every code that the service tells: `(await readReasons())["closer"].advice`. */
export function readReasons() {
  const tag = language();
  let found = reasons.get(tag);
  if (!found) {
    found = get(inLanguage("/h/v1/words")).then((told) => told.reasons);
    found.catch(() => reasons.delete(tag));
    reasons.set(tag, found);
  }
  return found;
}
