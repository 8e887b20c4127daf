// Pictures as they are sent: JPEG, no larger than what reading them needs.

/** Px: some 20 a millimetre of a passport's page, which is what the service reads at most. */
const SIDE = 2600;
const QUALITY = 0.92;
const MOST_FILES = 6;
const MOST_BYTES = 12_000_000;
/** Smaller files are sent as they are. */
const SMALL_BYTES = 2_500_000;

/** What the camera sees, whole. @param {HTMLVideoElement | ImageBitmap} seen @returns {Promise<Blob>} */
export async function asPicture(seen) {
  const made = await encoded(seen, SIDE, MOST_BYTES, { quality: QUALITY });
  if (made === null) throw new Error("no picture");
  return made.jpeg;
}

/** @param {HTMLVideoElement | ImageBitmap} seen @returns {[number, number]} its width and height, px */
const sizeOf = (seen) => (seen instanceof ImageBitmap ? [seen.width, seen.height] : [seen.videoWidth, seen.videoHeight]);

/** @param {HTMLVideoElement | ImageBitmap} seen */
export const longerSide = (seen) => Math.max(...sizeOf(seen));

/**
 * @param {HTMLVideoElement | ImageBitmap} seen
 * @param {number} most px of the longer side
 * @param {number} bytes at most; a picture that is larger is made once more, poorer
 * @param {{quality?: number, canvas?: HTMLCanvasElement}} [how] `canvas`: one that is used again
 * @returns {Promise<{jpeg: Blob, side: number} | null>} `side`: px of its longer side
 */
export async function encoded(seen, most, bytes, { quality = 0.8, canvas = document.createElement("canvas") } = {}) {
  draw(canvas, seen, ...sizeOf(seen), most);
  for (const one of [quality, quality / 2]) {
    const jpeg = await asJpeg(canvas, one);
    if (jpeg && jpeg.size <= bytes) return { jpeg, side: Math.max(canvas.width, canvas.height) };
  }
  return null;
}

/**
 * The pictures of files that were chosen; large ones made smaller where this browser can read them.
 * @param {FileList | null} files
 * @returns {Promise<Blob[] | "document.file.many" | "document.file.large">} else what is wrong with them
 */
export async function picturesOf(files) {
  const chosen = [...(files ?? [])];
  if (chosen.length > MOST_FILES) return "document.file.many";
  const made = [];
  for (const file of chosen) {
    const picture = file.size > SMALL_BYTES ? await smaller(file) : file;
    if (picture.size > MOST_BYTES) return "document.file.large";
    made.push(picture);
  }
  return made;
}

/** @param {File} file @returns {Promise<Blob>} */
async function smaller(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    draw(canvas, bitmap, bitmap.width, bitmap.height, SIDE);
    bitmap.close();
    return (await asJpeg(canvas, QUALITY)) ?? file;
  } catch {
    return file; // HEIC in most browsers: the service reads it
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 * @param {number} most
 */
function draw(canvas, source, width, height, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const pen = canvas.getContext("2d", { alpha: false });
  if (pen) {
    pen.imageSmoothingQuality = "high";
    pen.drawImage(source, 0, 0, w, h);
  }
}

/** @param {HTMLCanvasElement} canvas @param {number} quality @returns {Promise<Blob | null>} */
const asJpeg = (canvas, quality) => new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
