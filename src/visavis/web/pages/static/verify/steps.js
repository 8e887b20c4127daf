// The steps that there are. Those behind the notice are not needed to read it, so they come in a script of their own, with
// their styles: the page's template names both, with their digests, and a copy of it in the document is what loads them.

import { Problem } from "../shared/api.js";
import { connection } from "../shared/connection.js";

/** @typedef {{name: string, show: import("./context.js").Show, guarded?: boolean, follows?: boolean}} Step `guarded`: going back asks
 * first; `follows`: it keeps up with the verification by itself */

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

/** @type {Map<string, Step>} */
const steps = new Map();
/** @type {Promise<void> | null} */
let coming = null;

/** @param {Record<string, Step>} more */
export function addSteps(more) {
  for (const [name, step] of Object.entries(more)) steps.set(name, step);
}

/** Whether it can be shown at once. @param {string} name */
export const isThere = (name) => steps.has(name);

/**
 * Waits for those that come later where it is not there yet. Throws a `Problem` where they cannot be loaded.
 * @param {string} name
 * @returns {Promise<Step>}
 */
export async function stepOf(name) {
  for (const pause of steps.has(name) ? [] : PAUSES_MS) {
    if (await loadLater().then(() => true, () => false)) {
      connection.there();
      break;
    }
    await connection.pause(pause, true);
  }
  const step = steps.get(name);
  if (step === undefined) throw new Problem({ status: 0, code: "offline" });
  return step;
}

/** Loads them, once; again where that came to nothing. @returns {Promise<void>} */
export function loadLater() {
  coming ??= load().catch((error) => {
    coming = null;
    throw error;
  });
  return coming;
}

async function load() {
  const template = document.querySelector("template#later");
  if (!(template instanceof HTMLTemplateElement)) throw new Error("no template");
  const pieces = [...document.importNode(template.content, true).children];
  const loaded = pieces.map(
    (piece) =>
      new Promise((resolve, reject) => {
        piece.addEventListener("load", resolve);
        piece.addEventListener("error", () => reject(new Error("not loaded")));
      }),
  );
  document.head.append(...pieces);
  try {
    await Promise.all(loaded);
  } catch (error) {
    for (const piece of pieces) piece.remove();
    throw error;
  }
}
