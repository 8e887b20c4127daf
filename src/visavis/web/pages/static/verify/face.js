// The face: the camera is opened, the holder says when to begin, and the service leads through the capture. Whatever comes
// between is told in words, with what to do, and goes on by itself where it can.

import { connection } from "../shared/connection.js";
import { CameraFault, onCameraChange, openCamera } from "./camera.js";
import { ended, helped } from "./face-help.js";
import { begun } from "./face-ready.js";
import { FaceRun } from "./face-run.js";
import { Encoder, Frames } from "./frames.js";
import { Stage } from "./stage.js";
import { Voice } from "./voice.js";
import { stayAwake } from "./wake.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./capture.js").End} End */
/** @typedef {import("./face-help.js").Ending} Ending */

const LONGEST_WAIT_S = 120;
const USUAL_WAIT_S = 3;
/** The other window may end long before the time that the service must allow for it. */
const LOOK_AGAIN_S = 8;
/** For as long a service may take to notice that a page went away. */
const NOTICED_TRIES = 60;
const NOTICED_MS = 2000;

/** By code: wait, then go on by itself; with the words for it. @type {Record<string, string>} */
const WAITS = { capture_busy: "busy", capture_running: "running", service_restarting: "restarting", rate_limited: "busy" };
/** The service says how it stands now. */
const MOVED_ON = new Set(["holder_session_unknown", "holder_only_watches", "verification_unknown", "step_not_possible", "attempts_used_up", "verification_expired", "capture_superseded", "capture_not_asked"]);
const READ_AGAIN = new Set(["reading_invalid", "reading_expired", "reading_too_large"]);
/** @type {Record<string, Ending>} */
const ENDINGS = {
  lost: "lost",
  hidden: "hidden",
  stopped: "stopped",
  camera: "camera",
  capture_timeout: "slow",
  capture_stalled: "slow",
  internal_error: "service",
};

/** @type {import("./context.js").Show} */
export async function show(root, context) {
  const step = new FaceStep(root, context);
  try {
    await step.run();
  } catch (error) {
    if (!context.left.aborted) throw error;
  } finally {
    step.close();
  }
}

class FaceStep {
  #root;
  #context;
  #stage = new Stage();
  #encoder = new Encoder();
  #frames = new Frames(this.#stage.video, this.#encoder);
  #voice = new Voice();
  /** @type {Camera | null} */
  #camera = null;

  /** @param {HTMLElement} root @param {Context} context */
  constructor(root, context) {
    this.#root = root;
    this.#context = context;
    this.#voice.on = context.settings.voice;
    // whatever the way that the step is left, nothing looks on
    context.left.addEventListener("abort", () => this.close());
    stayAwake(context.left);
  }

  async run() {
    if (!(await this.#opened()) || !(await this.#readied())) return;
    for (;;) {
      const end = await this.#captured();
      if (this.#context.left.aborted) return;
      if (end.result) {
        this.#context.last = end.result;
        return;
      }
      if (!(await this.#goesOn(end))) return;
    }
  }

  close() {
    this.#frames.stop();
    this.#camera?.stop();
    this.#camera = null;
    this.#stage.close();
    this.#encoder.close();
    this.#voice.hush();
  }

  /** The camera, however long it takes; false where the step was left meanwhile. @returns {Promise<boolean>} */
  async #opened() {
    const { left, camera: chosen } = this.#context;
    for (;;) {
      this.#camera?.stop();
      this.#camera = null;
      try {
        this.#camera = await openCamera({ facing: "user", chosen: chosen.face, signal: left });
        await this.#stage.show(this.#camera);
        this.#frames.rehearse();
        return !left.aborted;
      } catch (error) {
        if (left.aborted) return false;
        if (!(error instanceof CameraFault)) throw error;
        const asked = new AbortController();
        const changed = new Promise((/** @type {(what: null) => void} */ resolve) => onCameraChange(() => resolve(null), asked.signal));
        const named = await Promise.race([helped(this.#root, this.#context, error), changed, gone(left)]);
        asked.abort();
        if (left.aborted) return false;
        if (named) chosen.face = named;
      }
    }
  }

  /** The holder has seen what comes, chosen, and begins. @returns {Promise<boolean>} */
  async #readied() {
    for (;;) {
      const { left } = this.#context;
      const camera = this.#camera;
      if (!camera) return false;
      const lost = new Promise((/** @type {(what: "lost") => void} */ resolve) => {
        camera.onTrouble = () => resolve("lost");
      });
      const what = await Promise.race([begun(this.#root, this.#context, this.#stage, camera, this.#voice), lost, gone(left)]);
      if (left.aborted) return false;
      if (what === "begin") return true;
      if (what === "lost" && !(await this.#unplugged())) return false;
      if (what !== "lost" && !(await this.#opened())) return false; // another one was chosen
    }
  }

  /** It was pulled out: told, and opened again as soon as it is back. @returns {Promise<boolean>} */
  async #unplugged() {
    const { left } = this.#context;
    const back = new AbortController();
    const changed = new Promise((/** @type {(what: null) => void} */ resolve) => onCameraChange(() => resolve(null), back.signal));
    const named = await Promise.race([helped(this.#root, this.#context, new CameraFault("unplugged")), changed, gone(left)]);
    back.abort();
    if (named) this.#context.camera.face = named;
    return !left.aborted && this.#opened();
  }

  /** One capture, from the hello to its end. @returns {Promise<End>} */
  async #captured() {
    const camera = this.#camera;
    if (!camera) return { result: null, code: "camera", retryAfter: null, begun: false };
    const run = new FaceRun(this.#root, this.#context, { stage: this.#stage, frames: this.#frames, camera, voice: this.#voice });
    return run.course();
  }

  /** What follows on an end without a result; false where this step is over. @param {End} end @returns {Promise<boolean>} */
  async #goesOn(end) {
    const { left } = this.#context;
    const { code } = end;
    if (READ_AGAIN.has(code)) {
      this.#context.reading = null;
      this.#context.reloaded = true;
      this.#context.go("document");
      return false;
    }
    if (MOVED_ON.has(code)) return false;
    const wait = end.retryAfter ?? USUAL_WAIT_S;
    if (code === "capture_running") return this.#waited("running", Math.min(wait, LOOK_AGAIN_S));
    if (code in WAITS && wait <= LONGEST_WAIT_S) return this.#waited(WAITS[code] ?? "busy", wait);
    if (end.begun || code === "lost") {
      const status = await this.#noticed();
      if (left.aborted || status.attempts_left === 0 || (status.next !== "capture" && status.next !== "document")) return false;
    }
    const kind = endingOf(code);
    const cameraGone = code === "camera";
    const again = await Promise.race([ended(this.#root, this.#context, kind, wait), gone(left)]);
    if (left.aborted || again === null) return false;
    if (again === "movements") return this.#readied();
    return !cameraGone || ((await this.#opened()) && (await this.#readied()));
  }

  /** Waits as the service asked, and says so. @param {string} why @param {number} seconds @returns {Promise<boolean>} */
  async #waited(why, seconds) {
    const camera = this.#camera;
    if (!camera) return this.#opened();
    const run = new FaceRun(this.#root, this.#context, { stage: this.#stage, frames: this.#frames, camera, voice: this.#voice });
    return run.wait(why, seconds);
  }

  /** How it stands, once the service has noticed that the capture is over. */
  async #noticed() {
    let status = await this.#context.refresh();
    for (let turn = 0; turn < NOTICED_TRIES && status.state === "capturing"; turn += 1) {
      await connection.pause(NOTICED_MS, false, this.#context.left);
      status = await this.#context.refresh();
    }
    return status;
  }
}

/** @param {string} code @returns {Ending} */
function endingOf(code) {
  if (code.startsWith("challenge_")) return "movements";
  if (code === "locked_out" || code in WAITS) return "locked";
  return ENDINGS[code] ?? "fault";
}

/** @param {AbortSignal} signal @returns {Promise<null>} */
const gone = (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(null)));
