// A camera for a page: the one that suits, any other that is chosen, and what is wrong where there is none. A camera that
// looks in the infrared, measures depth or is no camera at all is only taken where there is nothing else.

/** @typedef {"user" | "environment"} Facing towards the person before the screen, or away from them */
/** @typedef {"denied" | "busy" | "missing" | "insecure"} TroubleKind `insecure`: a page without TLS gets no camera */
/** @typedef {{id: string, label: string}} Choice */

/** @type {Record<string, TroubleKind>} by the name of the DOMException (Media Capture and Streams, 10.2) */
const KINDS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
};
const SHUNNED = /infra ?red|\bir\b|depth|virtual|\bobs\b|manycam|snap camera|xsplit/i;
const REAR = /back|rear|environment|world|后置|后摄|背面/i;
const FRONT = /front|user|face ?time|前置|前摄/i;
const NARROWER = /ultra|wide|tele|macro|超广角|长焦|微距/i;

export class CameraTrouble extends Error {
  /** @param {TroubleKind} kind */
  constructor(kind) {
    super(kind);
    this.name = "CameraTrouble";
    this.kind = kind;
  }
}

/** A camera that runs. It ends with the signal it was opened with, or by `stop`. */
export class Camera {
  /** @param {MediaStream} stream @param {MediaStreamTrack} track */
  constructor(stream, track) {
    this.stream = stream;
    this.track = track;
  }

  get id() {
    return this.track.getSettings().deviceId ?? "";
  }

  get label() {
    return this.track.label;
  }

  /** Which way it looks, "" where nothing tells. @returns {Facing | ""} */
  get facing() {
    const told = this.track.getSettings().facingMode;
    if (told === "user" || told === "environment") return told;
    return REAR.test(this.label) ? "environment" : FRONT.test(this.label) ? "user" : "";
  }

  /** Calls `lost` when it ends by itself: pulled out, or taken by another program. @param {() => void} lost */
  onLost(lost) {
    this.track.addEventListener("ended", lost, { once: true });
  }

  stop() {
    for (const track of this.stream.getTracks()) track.stop();
  }
}

/**
 * @param {{facing: Facing, deviceId?: string | null, width?: number, height?: number, signal: AbortSignal}} wanted
 *   `deviceId`: the one that was chosen; `width`, `height`: px, of what is wished for
 * @returns {Promise<Camera>} throws CameraTrouble; where `signal` fired meanwhile, its reason
 */
export async function openCamera({ facing, deviceId = null, width = 640, height = 480, signal }) {
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraTrouble("insecure");
  const size = { width: { ideal: width }, height: { ideal: height } };
  let camera = await asked(deviceId ? { deviceId: { exact: deviceId }, ...size } : { facingMode: { ideal: facing }, ...size }, signal)
    .catch((error) => {
      // the one that was chosen is not connected any more
      if (deviceId && error instanceof CameraTrouble && error.kind === "missing") return asked({ facingMode: { ideal: facing }, ...size }, signal);
      throw error;
    });
  if (!deviceId) camera = await better(camera, facing, size, signal);
  signal.addEventListener("abort", () => camera.stop(), { once: true });
  return camera;
}

/** Those that can be chosen; their names are known once one was allowed. @returns {Promise<Choice[]>} */
export async function listCameras() {
  if (!navigator.mediaDevices?.enumerateDevices) return [];
  const found = await navigator.mediaDevices.enumerateDevices();
  return found
    .filter((device) => device.kind === "videoinput" && device.deviceId !== "")
    .map((device) => ({ id: device.deviceId, label: device.label }));
}

/**
 * Ends once the holder changes what they allow the page in their browser, or a camera is connected.
 * @param {AbortSignal} signal ends the wait, too
 * @returns {Promise<void>}
 */
export function whenCameraChanges(signal) {
  return new Promise((resolve) => {
    const over = () => resolve();
    signal.addEventListener("abort", over, { once: true });
    navigator.mediaDevices?.addEventListener("devicechange", over, { once: true, signal });
    navigator.permissions
      ?.query({ name: /** @type {PermissionName} */ ("camera") })
      .then((permission) => permission.addEventListener("change", over, { once: true, signal }))
      .catch(() => undefined); // a browser that does not tell
  });
}

/** @param {MediaTrackConstraints} video @param {AbortSignal} signal */
async function asked(video, signal) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: false, video });
  } catch (error) {
    throw new CameraTrouble(KINDS[/** @type {{name?: string}} */ (error)?.name ?? ""] ?? "busy");
  }
  const [track] = stream.getVideoTracks();
  if (signal.aborted || !track) {
    for (const one of stream.getTracks()) one.stop();
    signal.throwIfAborted();
    throw new CameraTrouble("missing");
  }
  return new Camera(stream, track);
}

/**
 * Instead of one that does not suit, another that does; else the same.
 * @param {Camera} camera
 * @param {Facing} facing
 * @param {MediaTrackConstraints} size
 * @param {AbortSignal} signal
 */
async function better(camera, facing, size, signal) {
  const there = await listCameras().catch(() => []);
  const [best] = [...there].sort((one, other) => suits(other.label, facing) - suits(one.label, facing));
  if (!best || best.id === camera.id || suits(best.label, facing) <= suits(camera.label, facing)) return camera;
  camera.stop(); // some devices run one at a time
  try {
    return await asked({ deviceId: { exact: best.id }, ...size }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return asked({ facingMode: { ideal: facing }, ...size }, signal);
  }
}

/** How well a camera of that name suits. @param {string} label @param {Facing} facing */
function suits(label, facing) {
  if (SHUNNED.test(label)) return -4;
  const [same, other] = facing === "user" ? [FRONT, REAR] : [REAR, FRONT];
  return (same.test(label) ? 2 : other.test(label) ? -2 : 0) - (NARROWER.test(label) ? 1 : 0);
}
