// Reading a card's number from its code with the tablet's camera, where the browser reads codes (Barcode Detection API).
// Nothing of the picture leaves the page, and the camera is off as soon as the dialog is gone. Elsewhere it is typed.

import { announce } from "../shared/announce.js";
import { h } from "../shared/dom.js";
import { live, t } from "../shared/words.js";
import { openCamera } from "../verify/camera.js";
import { iccidIn } from "./numbers.js";

const FORMATS = ["code_128", "code_39", "data_matrix", "qr_code", "itf", "ean_13"];
const EVERY_MS = 150;

/** @typedef {import("../verify/camera.js").Camera} Camera */
/** @typedef {{detect: (source: CanvasImageSource) => Promise<{rawValue: string}[]>}} Detector */
/** @type {{new (options: {formats: string[]}): Detector, getSupportedFormats: () => Promise<string[]>} | undefined} */
const Maker = Reflect.get(globalThis, "BarcodeDetector");

export const canScan = () => Maker !== undefined && Boolean(navigator.mediaDevices?.getUserMedia);

/** The number of the card that is held before the camera, "" where the clerk closes the dialog. @returns {Promise<string>} */
export async function scanCard() {
  const video = h("video", { class: "scan", muted: true, playsinline: true, "aria-label": live("shop.scan.camera") });
  const told = h("p", { role: "status" }, live("shop.scan.how"));
  const close = h("button", { type: "button", class: "quiet" }, live("shop.scan.close"));
  const dialog = h("dialog", { "aria-labelledby": "scan-title" }, h("h2", { id: "scan-title" }, live("shop.scan")), video, told, h("div", { class: "actions" }, close));
  document.body.append(dialog);
  dialog.showModal();
  const ending = new AbortController();
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => ending.abort());
  try {
    const found = await look(video, told, ending.signal);
    if (found) announce(t("shop.scan.found"));
    return found;
  } finally {
    ending.abort();
    dialog.remove();
  }
}

/** @param {HTMLVideoElement} video @param {HTMLElement} told @param {AbortSignal} signal */
async function look(video, told, signal) {
  const detector = await detectorHere();
  /** @type {Camera | null} */
  let camera = null;
  try {
    camera = await openCamera({ facing: "environment", width: 1280, height: 720, signal });
  } catch {
    camera = null; // whatever is wrong with it: the number is on the card
  }
  if (!camera || !detector) {
    camera?.stop();
    told.textContent = t("shop.scan.no_camera");
    await ended(signal);
    return "";
  }
  signal.addEventListener("abort", () => camera?.stop());
  video.srcObject = camera.stream;
  await video.play().catch(() => undefined);
  while (!signal.aborted) {
    const codes = await detector.detect(video).catch(() => []);
    const found = codes.map(({ rawValue }) => iccidIn(rawValue)).find(Boolean);
    if (found) return found;
    if (codes.length) told.textContent = t("shop.scan.other");
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return "";
}

async function detectorHere() {
  if (!Maker) return null;
  const supported = await Maker.getSupportedFormats();
  const formats = FORMATS.filter((format) => supported.includes(format));
  return formats.length ? new Maker({ formats }) : null;
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
function ended(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
