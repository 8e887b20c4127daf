// A picture of the document: from the camera, by itself once it will do or by hand; or from a file.

import { advise, announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { live, onLanguage, t } from "../shared/words.js";
import { CameraFault, onCameraChange, openCamera } from "./camera.js";
import { readReasons } from "./context.js";
import { asPicture, picturesOf } from "./document-files.js";
import { Looking } from "./document-look.js";
import { Frame } from "./document-frame.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./document.js").Side} Side */
/** @typedef {import("./document.js").Taken} Taken */
/** @typedef {import("./camera.js").Camera} Camera */

const WIDTH = 2560;
const HEIGHT = 1920;
/** After so long without a picture that will do, it is said that one may take it by hand. */
const PATIENCE_MS = 15_000;

/** An icon: a picture in its frame. */
const PICTURE = "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1M3.5 16l5-5 4.5 4.5 2.5-2.5 5 4.5M15.5 9v.01";

/**
 * @param {HTMLElement} root
 * @param {Context} context
 * @param {{side: Side, wrong: string}} asked `wrong`: why the last picture could not be used
 * @returns {Promise<Taken>}
 */
export function takePicture(root, context, { side, wrong }) {
  return new Promise((resolve, reject) => {
    const ending = new AbortController();
    const end = () => ending.abort();
    context.left.addEventListener("abort", end, { once: true, signal: ending.signal });
    const stage = h("div", { class: "doc-stage-place" });
    const choice = h("div", { class: "doc-cameras" });
    const fault = h("p", { class: "wrong", role: "alert", hidden: !wrong }, wrong);
    /** @param {Taken} taken */
    const take = (taken) => {
      end();
      resolve(taken);
    };
    fill(
      root,
      h("h1", {}, live(`document.title.${side}`)),
      h("p", { class: "lead" }, live(`document.lead.${side}`)),
      context.reloaded ? told("info", live("document.reloaded")) : null,
      fault,
      stage,
      h("div", { class: "doc-ways" }, fileChoice(take, fault, ending.signal), choice),
      tips(),
    );
    arrive(root);
    const start = () => {
      begin({ stage, choice, context, signal: ending.signal, take, restart: start }).catch((error) => {
        if (ending.signal.aborted) return;
        if (!(error instanceof CameraFault)) return reject(error);
        fill(choice, cameraChoice(error.cameras, null, context, start));
        fill(stage, help(error, start, ending.signal));
        announce(t(`document.camera.${error.trouble}`));
      });
    };
    start();
  });
}

/**
 * @typedef {object} Began
 * @property {HTMLElement} stage
 * @property {HTMLElement} choice
 * @property {Context} context
 * @property {AbortSignal} signal
 * @property {(taken: Taken) => void} take
 * @property {() => void} restart
 */

/** The camera in its frame, the advice, the shutter. @param {Began} began */
async function begin({ stage, choice, context, signal, take, restart }) {
  fill(stage, h("div", { class: "doc-stage doc-opening" }, h("p", {}, live("document.camera.opening"))), h("p", { class: "doc-advice" }));
  const camera = await openCamera({ facing: "environment", chosen: context.camera.document, width: WIDTH, height: HEIGHT, signal });
  const running = new AbortController();
  const end = () => {
    running.abort();
    camera.stop();
  };
  signal.addEventListener("abort", end, { once: true });
  camera.onTrouble = (trouble) => {
    end();
    if (signal.aborted) return;
    fill(choice);
    fill(stage, help(new CameraFault(trouble), restart, signal));
    announce(t(`document.camera.${trouble}`));
  };
  const video = h("video", { class: "doc-video", playsinline: true, muted: true, "aria-hidden": "true" });
  video.srcObject = camera.stream;
  const frame = new Frame(video);
  const advice = h("p", { class: "doc-advice" });
  const byHand = h("p", { class: "hint doc-by-hand" });
  const shutter = h("button", { type: "button", class: "doc-shutter", on: { click: () => void shoot() } }, icon("camera"), live("document.shutter"));
  fill(stage, h("div", { class: "doc-stage" }, video, frame.element), advice, shutter, byHand, lamp(camera, running.signal));
  const another = () => {
    end();
    restart();
  };
  fill(choice, camera.cameras.length > 1 ? cameraChoice(camera.cameras, camera.id, context, another) : null);
  await video.play().catch(() => undefined); // it plays once the page is looked at
  if (signal.aborted) return;

  let shot = false;
  const shoot = async (/** @type {Blob | null} */ looked = null) => {
    if (shot) return;
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      // pressed before the camera gave anything: the first picture that it gives
      video.addEventListener("loadeddata", () => void shoot(), { once: true, signal: running.signal });
      return;
    }
    shot = true;
    const picture = looked ?? (await asPicture(video));
    end();
    announce(t("document.taken"));
    take({ pictures: [picture], file: false });
  };
  /** @type {string | null} */
  let code = null;
  const say = async () => {
    const text = await words(code);
    if (running.signal.aborted || text === null) return;
    advice.textContent = text;
    advice.dataset.ready = String(code === "ready");
    advise(text);
  };
  const late = setTimeout(() => {
    fill(byHand, live("document.by_hand"));
    announce(t("document.by_hand"));
  }, PATIENCE_MS);
  running.signal.addEventListener("abort", () => {
    clearTimeout(late);
    advise("");
  });
  onLanguage(() => void say(), running.signal);
  const looking = new Looking(video, running.signal);
  await looking.run((seen) => {
    frame.show(seen.corners, seen.ready ? "ready" : seen.advice.length ? "not_yet" : "");
    code = seen.ready ? "ready" : (seen.advice[0] ?? null);
    void say();
    if (seen.picture) void shoot(seen.picture);
  });
}

/** @param {string | null} code @returns {Promise<string | null>} */
async function words(code) {
  if (code === null) return null;
  if (code === "ready") return t("document.ready");
  const reason = (await readReasons().catch(() => null))?.[code];
  return reason ? reason.advice || reason.text : null;
}

/**
 * What is wrong with the camera, how to mend it, and that there are other ways.
 * @param {CameraFault} error
 * @param {() => void} again
 * @param {AbortSignal} signal
 */
function help(error, again, signal) {
  const waiting = new AbortController();
  signal.addEventListener("abort", () => waiting.abort(), { once: true, signal: waiting.signal });
  const once = () => {
    if (waiting.signal.aborted) return;
    waiting.abort();
    again();
  };
  onCameraChange(once, waiting.signal);
  return h(
    "div",
    { class: "told warn doc-help", data: { trouble: error.trouble } },
    icon("camera"),
    h(
      "div",
      {},
      h("h2", {}, live(`document.camera.${error.trouble}`)),
      h("p", {}, live(`document.camera.${error.trouble}.help`)),
      h("p", {}, live("document.camera.else")),
      error.trouble === "insecure" || error.trouble === "unsupported"
        ? null
        : h("button", { type: "button", class: "quiet", on: { click: once } }, live("document.camera.again")),
    ),
  );
}

/**
 * @param {(taken: Taken) => void} take
 * @param {HTMLElement} fault
 * @param {AbortSignal} signal
 */
function fileChoice(take, fault, signal) {
  const input = h("input", { type: "file", id: "document-file", class: "unseen", accept: ["image", "*"].join("/"), multiple: true, tabindex: "-1", "aria-hidden": "true" });
  input.addEventListener("change", async () => {
    const found = await picturesOf(input.files);
    input.value = "";
    if (signal.aborted) return;
    if (typeof found === "string") {
      fill(fault, live(found));
      fault.hidden = false;
    } else if (found.length) {
      take({ pictures: found, file: true });
    }
  });
  return [
    input,
    h("button", { type: "button", class: "quiet doc-file", on: { click: () => input.click() } }, icon(PICTURE), live("document.file")),
  ];
}

/**
 * Which camera, also one that would not be taken by itself.
 * @param {readonly import("./camera.js").Listed[]} cameras
 * @param {string | null} present
 * @param {Context} context
 * @param {() => void} changed
 */
function cameraChoice(cameras, present, context, changed) {
  if (!cameras.length) return null;
  const select = h(
    "select",
    { id: "document-camera" },
    present === null ? h("option", { value: "", selected: true }, "–") : null,
    cameras.map(({ id, label }) => h("option", { value: id, selected: id === present }, label)),
  );
  select.addEventListener("change", () => {
    if (!select.value) return;
    context.camera.document = select.value;
    changed();
  });
  return [h("label", { for: "document-camera" }, live("document.camera.choose")), select];
}

/** The camera's own lamp, where it has one: off to begin with, as it glares. @param {Camera} camera @param {AbortSignal} signal */
function lamp(camera, signal) {
  const [track] = camera.stream.getVideoTracks();
  const can = /** @type {{torch?: boolean}} */ (track?.getCapabilities?.() ?? {});
  if (!track || !can.torch) return null;
  const button = h("button", { type: "button", class: "quiet doc-lamp", "aria-pressed": "false" }, live("document.lamp"));
  button.addEventListener("click", async () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    try {
      const torch = /** @type {MediaTrackConstraintSet} */ ({ torch: on });
      await track.applyConstraints({ advanced: [torch] });
      if (!signal.aborted) button.setAttribute("aria-pressed", String(on));
    } catch {
      button.hidden = true;
    }
  });
  return button;
}

function tips() {
  return h(
    "details",
    { class: "doc-tips" },
    h("summary", {}, icon("info"), live("document.tips")),
    h("ul", {}, ["flat", "light", "whole", "still"].map((name) => h("li", {}, live(`document.tips.${name}`)))),
  );
}

/** @param {string} name @param {import("../shared/words.js").Live} text */
const told = (name, text) => h("div", { class: "told" }, icon(name), h("p", {}, text));
