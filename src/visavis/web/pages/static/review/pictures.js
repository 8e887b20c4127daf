// The two pictures of a case side by side: painted on canvases from bytes that no cache keeps, moved and zoomed in place, and
// wiped when the case is left. There is nothing here that could be saved by a click; what a screen shows, a camera copies.

import { announce } from "../shared/announce.js";
import { download } from "../shared/api.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { live, liveBy, number, t } from "../shared/words.js";

const MOST_ZOOM = 8;
const STEP = 1.5;
const MOVE = 0.12;
/** px that a press may wander before it is a drag. */
const STILL = 4;

/** Where one looks: `zoom` times as large as it fits; `x`, `y`: what is in the middle, as a share of the picture. */
class Look {
  zoom = 1;
  x = 0.5;
  y = 0.5;
}

class Picture {
  /** @type {ImageBitmap | null} */
  #bitmap = null;
  #watch = new ResizeObserver(() => this.paint());

  /** @param {"portrait" | "probe"} which @param {() => Look} look */
  constructor(which, look) {
    this.which = which;
    this.look = look;
    const label = liveBy(() => {
      const zoom = number(look().zoom, { maximumFractionDigits: 1 });
      return which === "portrait" ? t("pictures.portrait.label", { zoom }) : t("pictures.probe.label", { zoom });
    });
    this.canvas = h("canvas", { role: "img", "aria-label": label });
    this.label = label;
    const name = which === "portrait" ? live("pictures.portrait") : live("pictures.probe");
    this.frame = h("div", { class: "picture-frame", tabindex: "0", role: "group", "aria-label": name, "aria-describedby": "pictures-help" }, this.canvas);
    this.told = h("p", { class: "picture-told", hidden: true });
    this.place = h("figure", { class: "picture" }, h("figcaption", null, name), this.frame, this.told);
    this.#watch.observe(this.frame);
  }

  /** @param {string} path @param {AbortSignal} signal */
  async load(path, signal) {
    try {
      const { blob } = await download(path, { signal });
      const bitmap = await createImageBitmap(blob);
      if (signal.aborted) return bitmap.close();
      this.#bitmap = bitmap;
      this.paint();
    } catch (error) {
      if (signal.aborted) return;
      this.tell(liveBy(() => (error instanceof DOMException ? t("pictures.failed") : problemText(error))));
      throw error;
    }
  }

  /** Words in place of a picture. @param {import("../shared/words.js").Live} text */
  tell(text) {
    this.frame.hidden = true;
    this.told.hidden = false;
    this.told.replaceChildren(h("span", null, text));
  }

  /** Pixels of the picture for one of the screen, at the present zoom. */
  get scale() {
    const { canvas } = this;
    if (!this.#bitmap) return 1;
    return Math.min(canvas.width / this.#bitmap.width, canvas.height / this.#bitmap.height) * this.look().zoom;
  }

  paint() {
    const bitmap = this.#bitmap;
    if (!bitmap) return;
    const { canvas } = this;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const [width, height] = [Math.round(this.frame.clientWidth * ratio), Math.round(this.frame.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d");
    if (!pen || !width || !height) return;
    const look = this.look();
    const { scale } = this;
    const [w, hgt] = [bitmap.width * scale, bitmap.height * scale];
    pen.clearRect(0, 0, width, height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(bitmap, edge(width, w, look.x), edge(height, hgt, look.y), w, hgt);
    canvas.setAttribute("aria-label", this.label.say());
  }

  /** How far a movement on the screen goes, as a share of the picture. @param {number} dx px @param {number} dy px */
  share(dx, dy) {
    const ratio = this.canvas.width / Math.max(1, this.frame.clientWidth);
    const bitmap = this.#bitmap;
    return bitmap ? [(dx * ratio) / (bitmap.width * this.scale), (dy * ratio) / (bitmap.height * this.scale)] : [0, 0];
  }

  wipe() {
    this.#watch.disconnect();
    this.#bitmap?.close();
    this.#bitmap = null;
    this.canvas.width = 0; // clears what was painted, and lets go of its memory
    this.canvas.height = 0;
  }
}

/**
 * @param {import("./desk.js").Review} review
 * @param {string} path of the case
 * @param {AbortSignal} left
 * @returns {{place: HTMLElement, seen: Promise<boolean>, focus: () => void}} `seen`: whether all that was kept is shown
 */
export function pictures(review, path, left) {
  const together = h("input", { type: "checkbox", checked: true });
  const looks = { portrait: new Look(), probe: new Look() };
  const both = /** @type {const} */ (["portrait", "probe"]).map((which) => new Picture(which, () => looks[which]));
  /** @type {(picture: Picture, change: (look: Look) => void) => void} */
  const change = (picture, to) => {
    for (const one of together.checked ? both : [picture]) {
      to(one.look());
      settle(one.look());
      one.paint();
    }
  };
  let last = /** @type {Picture} */ (both[0]);
  const zoom = (/** @type {Picture} */ picture, /** @type {number} */ factor) => {
    change(picture, (look) => Object.assign(look, { zoom: factor ? look.zoom * factor : 1 }));
    announce(t("pictures.zoomed", { zoom: number(picture.look().zoom, { maximumFractionDigits: 1 }) }));
  };
  for (const picture of both) {
    picture.frame.addEventListener("focus", () => (last = picture));
    handle(picture, change, zoom);
  }
  const tool = (/** @type {string} */ path, /** @type {import("../shared/words.js").Live} */ label, /** @type {number} */ factor) =>
    h("button", { type: "button", class: "quiet", on: { click: () => zoom(last, factor) } }, icon(path), h("span", null, label));
  const place = h(
    "section",
    { class: "pictures", "aria-labelledby": "pictures-title" },
    h("h2", { id: "pictures-title", tabindex: "-1" }, live("pictures.title")),
    h("div", { class: "pair" }, both.map((one) => one.place)),
    h(
      "div",
      { class: "picture-tools" },
      tool("M12 5v14M5 12h14", live("pictures.in"), STEP),
      tool("M5 12h14", live("pictures.out"), 1 / STEP),
      tool("M5 9V5h4M15 5h4v4M19 15v4h-4M9 19H5v-4", live("pictures.whole"), 0),
      h("label", { class: "choice" }, together, h("span", null, live("pictures.together"))),
    ),
    h("p", { class: "hint", id: "pictures-help" }, live("pictures.help")),
  );
  const shown = both.map((one) => {
    if (review.kept.includes(one.which)) return one.load(`${path}/pictures/${one.which}`, left);
    return Promise.resolve(one.tell(live("pictures.none")));
  });
  const wipe = () => both.forEach((one) => one.wipe());
  left.addEventListener("abort", wipe);
  addEventListener("pagehide", wipe, { signal: left });
  const seen = Promise.allSettled(shown).then((results) => results.every((one) => one.status === "fulfilled"));
  return { place, seen, focus: () => both[0]?.frame.focus() };
}

/**
 * Pointer, wheel and keys of one picture.
 * @param {Picture} picture
 * @param {(picture: Picture, change: (look: Look) => void) => void} change
 * @param {(picture: Picture, factor: number) => void} zoom 0: all of it
 */
function handle(picture, change, zoom) {
  const { frame } = picture;
  const move = (/** @type {number} */ dx, /** @type {number} */ dy) => {
    const [x = 0, y = 0] = picture.share(dx, dy);
    change(picture, (look) => Object.assign(look, { x: look.x + x, y: look.y + y }));
  };
  /** @type {{x: number, y: number, far: boolean} | null} */
  let held = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = { x: event.clientX, y: event.clientY, far: false };
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    if (!held.far && Math.hypot(dx, dy) < STILL) return;
    held = { x: event.clientX, y: event.clientY, far: true };
    move(-dx, -dy);
  });
  frame.addEventListener("pointerup", (event) => {
    // a press in one place does what a drag does, for who cannot drag (WCAG 2.2, 2.5.7)
    const box = frame.getBoundingClientRect();
    if (held && !held.far) move(event.clientX - box.x - box.width / 2, event.clientY - box.y - box.height / 2);
    held = null;
  });
  frame.addEventListener("pointercancel", () => (held = null));
  frame.addEventListener("dblclick", () => zoom(picture, STEP * STEP));
  frame.addEventListener("contextmenu", (event) => event.preventDefault()); // its "save image" would be a click
  frame.addEventListener("dragstart", (event) => event.preventDefault());
  const step = (/** @type {number} */ across, /** @type {number} */ down) => move(across * MOVE * frame.clientWidth, down * MOVE * frame.clientHeight);
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => step(-1, 0),
    ArrowRight: () => step(1, 0),
    ArrowUp: () => step(0, -1),
    ArrowDown: () => step(0, 1),
    "+": () => zoom(picture, STEP),
    "=": () => zoom(picture, STEP),
    "-": () => zoom(picture, 1 / STEP),
    0: () => zoom(picture, 0),
  };
  frame.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** @param {Look} look */
function settle(look) {
  look.zoom = Math.min(MOST_ZOOM, Math.max(1, look.zoom));
  const rim = 0.5 / look.zoom;
  look.x = Math.min(1 - rim, Math.max(rim, look.x));
  look.y = Math.min(1 - rim, Math.max(rim, look.y));
}

/** Where a side of the picture begins: in the middle where it fits, else so that no empty rim shows. @param {number} room @param {number} size @param {number} middle */
function edge(room, size, middle) {
  if (size <= room) return (room - size) / 2;
  return Math.min(0, Math.max(room - size, room / 2 - middle * size));
}
