// A worker: makes a JPEG of a picture, away from the thread that shows the page.

import { encoded } from "./jpeg.js";

const scope = /** @type {{postMessage: (message: unknown, moved: Transferable[]) => void}} */ (/** @type {unknown} */ (globalThis));
/** @type {OffscreenCanvas | null} */
let canvas = null;
/** One after another, since they share a canvas. @type {Promise<void>} */
let last = Promise.resolve();

addEventListener("message", (event) => {
  last = last.then(() => made(event.data));
});

/** @param {{picture: VideoFrame | ImageBitmap} & import("./jpeg.js").Made} asked */
async function made({ picture, ...wanted }) {
  try {
    canvas ??= new OffscreenCanvas(wanted.width, wanted.height);
    const message = await encoded(canvas, picture, wanted);
    scope.postMessage(message, message ? [message] : []);
  } catch {
    scope.postMessage(null, []);
  } finally {
    picture.close();
  }
}
