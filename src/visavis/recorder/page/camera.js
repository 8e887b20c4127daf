// The camera: its picture, and its frames as JPEG with the time at which each was captured.

const SIDE = 640;
const QUALITY = 0.8;
const LEAST_APART_MS = 1000 / 15;

const PROBLEMS = {
  NotAllowedError: "camera_refused",
  SecurityError: "camera_refused",
  NotFoundError: "camera_missing",
  OverconstrainedError: "camera_missing",
};

export class Camera {
  #stream;
  #video;
  #canvas = document.createElement("canvas");
  #on = true;
  #encoding = false;
  #due = 0;

  constructor(stream, video) {
    this.#stream = stream;
    this.#video = video;
  }

  /** Throws an Error whose message is a key of the words under "error.". */
  static async open(video) {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error("browser");
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } },
      });
    } catch (error) {
      throw new Error(PROBLEMS[error.name] ?? "camera_busy");
    }
    video.srcObject = stream;
    await video.play();
    return new Camera(stream, video);
  }

  get label() {
    return (this.#stream.getVideoTracks()[0]?.label ?? "").slice(0, 200);
  }

  /** Calls `wanted()` before each frame, and `take(jpeg, seconds)` with those that are. */
  frames(wanted, take) {
    const video = this.#video;
    const next = () => {
      if (!this.#on) return;
      if (video.requestVideoFrameCallback) {
        video.requestVideoFrameCallback((now, about) => {
          this.#consider(about.captureTime ?? about.presentationTime ?? now, wanted, take);
          next();
        });
      } else {
        requestAnimationFrame((now) => {
          this.#consider(now, wanted, take);
          next();
        });
      }
    };
    next();
  }

  #consider(time, wanted, take) {
    if (!this.#on || this.#encoding || time < this.#due - 4 || !wanted()) return;
    const video = this.#video;
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    const width = Math.round(video.videoWidth * scale);
    const height = Math.round(video.videoHeight * scale);
    if (!width || !height) return;
    this.#due = Math.max(this.#due + LEAST_APART_MS, time + LEAST_APART_MS / 2);
    this.#encoding = true;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0, width, height);
    this.#canvas.toBlob(
      async (jpeg) => {
        const bytes = jpeg && (await jpeg.arrayBuffer());
        this.#encoding = false;
        if (this.#on && bytes) take(bytes, time / 1000);
      },
      "image/jpeg",
      QUALITY,
    );
  }

  stop() {
    this.#on = false;
    for (const track of this.#stream.getTracks()) track.stop();
    this.#video.srcObject = null;
  }
}
