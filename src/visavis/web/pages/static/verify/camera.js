// Which camera is used, and what is wrong where none can be. A step names what it wants to see; a camera that serves
// another purpose (infrared, a program that plays pictures, the one at the back for a face) is used only by choice.

/** @typedef {"denied" | "insecure" | "unsupported" | "missing" | "busy" | "unplugged" | "unsuitable"} CameraTrouble */
/** @typedef {"user" | "environment"} Facing */
/** @typedef {{id: string, label: string, fits: boolean}} Listed */

const INFRARED = /\b(ir|infra-?red|depth|tof|thermal|hello)\b|红外|深度/i;
const PLAYED = /virtual|\bobs\b|manycam|xsplit|snap camera|e2esoft|splitcam|youcam|sparkocam|webcamoid|unity video|v4l2loopback|dummy video|虚拟/i;
const OF_DESKS = /desk view/i;
const REAR = /\b(back|rear|environment|world)\b|后置|背面|后摄/i;
/** Lenses that bend or cut off what is held before them. */
const OTHER_LENSES = /ultra|wide|tele|macro|超广角|长焦|微距/i;
const FRONT = /\b(front|user|selfie|facetime|integrated|built-?in)\b|前置|前摄/i;

/** @type {Record<string, CameraTrouble>} */
const TROUBLES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
};

/** `cameras`: those that there are, where the browser names them. */
export class CameraFault extends Error {
  /** @param {CameraTrouble} trouble @param {Listed[]} [cameras] */
  constructor(trouble, cameras = []) {
    super(trouble);
    this.name = "CameraFault";
    this.trouble = trouble;
    this.cameras = cameras;
  }
}

/**
 * How well a camera suits, the least the best; from 10 on it is never taken without having been chosen.
 * @param {string} label
 * @param {string | undefined} faces what the browser says of it, if anything
 * @param {Facing} wanted
 */
export function rank(label, faces, wanted) {
  if (PLAYED.test(label)) return 13;
  if (INFRARED.test(label)) return 12;
  if (OF_DESKS.test(label)) return 11;
  const rear = faces === "environment" || (faces !== "user" && REAR.test(label));
  const front = faces === "user" || (!rear && FRONT.test(label));
  if (wanted === "user") return rear ? 10 : front ? 0 : 1;
  if (rear) return OTHER_LENSES.test(label) ? 1 : 0;
  return front ? 3 : 2;
}

/** An open camera. `onTrouble` is told once where it goes away by itself. */
export class Camera {
  #stream;
  #track;
  /** @type {(trouble: CameraTrouble) => void} */
  onTrouble = () => undefined;

  /** @param {MediaStream} stream @param {MediaStreamTrack} track @param {Listed[]} cameras */
  constructor(stream, track, cameras) {
    this.#stream = stream;
    this.#track = track;
    this.cameras = cameras;
    track.addEventListener("ended", () => this.onTrouble("unplugged"));
  }

  get stream() {
    return this.#stream;
  }

  get label() {
    return this.#track.label.slice(0, 200);
  }

  get id() {
    return this.#track.getSettings().deviceId ?? "";
  }

  /** Whether its picture is shown as in a mirror. */
  get mirrored() {
    return rank(this.label, this.#track.getSettings().facingMode, "user") < 10;
  }

  /** Whether it gives no picture for now: a call came in, a lid was closed. */
  get paused() {
    return this.#track.muted;
  }

  /** Larger frames, if it has them. @param {number} width @param {number} height */
  async enlarge(width, height) {
    try {
      await this.#track.applyConstraints({ width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } });
    } catch {
      // then it stays as it is
    }
  }

  stop() {
    this.onTrouble = () => undefined;
    for (const track of this.#stream.getTracks()) track.stop();
  }
}

/**
 * Opens the camera that suits best, or the one that was chosen.
 * @param {{facing: Facing, chosen?: string | null, width?: number, height?: number, signal?: AbortSignal}} wanted
 * @returns {Promise<Camera>} throws a `CameraFault`
 */
export async function openCamera({ facing, chosen = null, width = 640, height = 480, signal }) {
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraFault(window.isSecureContext ? "unsupported" : "insecure");
  const size = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } };
  const named = chosen ?? best(await listed(facing))?.id ?? null;
  let stream = await asked(named ? { deviceId: { exact: named }, ...size } : { facingMode: { ideal: facing }, ...size }, facing);
  const cameras = await listed(facing);
  if (chosen === null && !fits(stream, facing)) {
    // only now does the browser name them: another one may suit
    const other = best(cameras);
    stop(stream);
    if (other === null) throw new CameraFault("unsuitable", cameras);
    stream = await asked({ deviceId: { exact: other.id }, ...size }, facing);
  }
  if (signal?.aborted) {
    stop(stream);
    throw signal.reason;
  }
  const [track] = stream.getVideoTracks();
  if (!track) throw new CameraFault("missing");
  return new Camera(stream, track, cameras);
}

/** @param {MediaTrackConstraints} video @param {Facing} facing */
async function asked(video, facing) {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: false, video });
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    const trouble = TROUBLES[name] ?? "busy";
    if (trouble === "missing" && video.deviceId) {
      const { deviceId: _gone, ...rest } = video; // the one that was chosen is not there any more
      return asked({ ...rest, facingMode: { ideal: facing } }, facing);
    }
    throw new CameraFault(trouble, await listed(facing));
  }
}

/** Those that the browser names; none before it was allowed to. @param {Facing} facing @returns {Promise<Listed[]>} */
async function listed(facing) {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices
    .filter(({ kind, label, deviceId }) => kind === "videoinput" && label && deviceId)
    .map((device) => ({ device, place: rank(device.label, facesOf(device), facing) }))
    .sort((one, other) => one.place - other.place)
    .map(({ device, place }) => ({ id: device.deviceId, label: device.label, fits: place < 10 }));
}

/** @param {readonly Listed[]} cameras */
const best = (cameras) => cameras.find((camera) => camera.fits) ?? null;

/** @param {MediaStream} stream @param {Facing} facing */
function fits(stream, facing) {
  const [track] = stream.getVideoTracks();
  return track !== undefined && rank(track.label, track.getSettings().facingMode, facing) < 10;
}

/** @param {MediaDeviceInfo} device */
function facesOf(device) {
  if (!("getCapabilities" in device)) return undefined;
  const told = /** @type {{facingMode?: string[]}} */ (/** @type {InputDeviceInfo} */ (device).getCapabilities());
  return told.facingMode?.[0];
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Calls `changed` where another try could end otherwise: a camera was connected, or the permission given.
 * @param {() => void} changed
 * @param {AbortSignal} signal
 */
export function onCameraChange(changed, signal) {
  navigator.mediaDevices?.addEventListener("devicechange", changed, { signal });
  navigator.permissions
    ?.query({ name: /** @type {PermissionName} */ ("camera") })
    .then((permission) => {
      permission.addEventListener("change", () => permission.state === "granted" && changed(), { signal });
    })
    .catch(() => undefined); // a browser that does not tell
}
