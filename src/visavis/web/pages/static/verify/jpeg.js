// A JPEG of a picture, with room before it for the header of a frame.

export const HEADER_BYTES = 16;

/** @typedef {{width: number, height: number, quality: number}} Made in px; `quality`: 0 to 1 */

/**
 * @param {OffscreenCanvas | HTMLCanvasElement} canvas
 * @param {CanvasImageSource} picture
 * @param {Made} made
 * @returns {Promise<ArrayBuffer | null>} null where it could not be made
 */
export async function encoded(canvas, picture, { width, height, quality }) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null} */ (
    canvas.getContext("2d", { alpha: false, willReadFrequently: true })
  );
  if (!context) return null;
  context.drawImage(picture, 0, 0, width, height);
  const blob = await blobOf(canvas, quality);
  if (!blob) return null;
  const message = new Uint8Array(HEADER_BYTES + blob.size);
  message.set(new Uint8Array(await blob.arrayBuffer()), HEADER_BYTES);
  return message.buffer;
}

/** @param {OffscreenCanvas | HTMLCanvasElement} canvas @param {number} quality @returns {Promise<Blob | null>} */
function blobOf(canvas, quality) {
  if ("convertToBlob" in canvas) return canvas.convertToBlob({ type: "image/jpeg", quality });
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}
