// A worker: makes a JPEG of a picture, away from the thread that shows the page.

import { encoded } from "./jpeg.js";

const scope = /** @type {{postMessage: (message: unknown, moved: Transferable[]) => void}} */ (/** @type {unknown} */ (globalThis));
/** @type {OffscreenCanvas | null} */
let canvas = null;

addEventListener("message", async (event) => {
  const { picture, width, height, quality } = event.data;
  try {
    canvas ??= new OffscreenCanvas(width, height);
    const message = await encoded(canvas, picture, { width, height, quality });
    scope.postMessage(message, message ? [message] : []);
  } catch {
    scope.postMessage(null, []);
  } finally {
    picture.close();
  }
});
