// What is shown where the camera cannot be used, or a capture ended without a result: what it is, what to do, and the other
// way beside it, as plainly. Nobody is blamed.

import { announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { date, live, liveBy, t } from "../shared/words.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./camera.js").CameraFault} CameraFault */
/** @typedef {"lost" | "hidden" | "stopped" | "slow" | "fault" | "service" | "locked" | "movements" | "camera"} Ending */

/** With another device there is another camera, or another browser. */
const ELSEWHERE = new Set(["denied", "unsupported", "missing", "busy", "unplugged", "unsuitable", "slow", "lost"]);

/**
 * The camera cannot be used. Ends with "Try again" (null) or with the camera that was chosen.
 * @param {HTMLElement} root
 * @param {Context} context
 * @param {CameraFault} fault
 * @returns {Promise<string | null>}
 */
export function helped(root, context, { trouble, cameras }) {
  return new Promise((resolve) => {
    const choice = trouble === "unsuitable" ? unusual(cameras, resolve) : null;
    fill(
      root,
      h("div", { class: "mark warn" }, icon("camera")),
      h("h1", {}, live(`face.help.${trouble}`)),
      h("p", { class: "lead", data: { trouble } }, live(`face.help.${trouble}.text`)),
      choice,
      actions(context, trouble, trouble === "insecure" ? null : "face.again", () => resolve(null)),
    );
    arrive(root);
  });
}

/** @param {readonly import("./camera.js").Listed[]} cameras @param {(id: string) => void} resolve */
function unusual(cameras, resolve) {
  return h(
    "ul",
    { class: "links" },
    cameras.map(({ id, label }) =>
      h(
        "li",
        {},
        h("button", { type: "button", class: "quiet", data: { camera: label }, on: { click: () => resolve(id) } }, live("face.help.choose"), ": ", label),
      ),
    ),
  );
}

/**
 * A capture ended without a result. "again", "movements" where choices are to be changed first; null where the page is
 * loaded anew.
 * @param {HTMLElement} root
 * @param {Context} context
 * @param {Ending} kind
 * @param {number} wait seconds until it may be tried again
 * @returns {Promise<"again" | "movements" | null>}
 */
export function ended(root, context, kind, wait) {
  const { attempts_left: left } = context.status;
  const from = Date.now() + 1000 * wait;
  const text = liveBy(() => t(`face.end.${kind}.text`, { time: date(from, { timeStyle: "short" }) }));
  return new Promise((resolve) => {
    const [word, act] = again(kind, resolve);
    fill(
      root,
      h("div", { class: "mark warn" }, icon(kind === "locked" ? "clock" : kind === "stopped" ? "hand" : "info")),
      h("h1", {}, live(`face.end.${kind}`)),
      h("p", { class: "lead", data: { end: kind } }, text),
      kind === "locked" || left === 0 ? null : h("p", { class: "faint" }, live("face.left", { n: left })),
      actions(context, kind, word, act),
    );
    announce(t(`face.end.${kind}`));
    arrive(root);
  });
}

/** @param {Ending} kind @param {(what: "again" | "movements") => void} resolve @returns {[string | null, () => void]} */
function again(kind, resolve) {
  if (kind === "fault") return ["face.reload", () => location.reload()];
  if (kind === "locked") return [null, () => undefined];
  return ["face.again", () => resolve(kind === "movements" ? "movements" : "again")];
}

/**
 * Trying again and the other way stand side by side, alike.
 * @param {Context} context
 * @param {string} kind
 * @param {string | null} word of trying again, if that helps
 * @param {() => void} act
 */
function actions(context, kind, word, act) {
  const elsewhere = ELSEWHERE.has(kind);
  return [
    h(
      "div",
      { class: "actions equal" },
      word ? h("button", { type: "button", id: "again", on: { click: act } }, live(word)) : null,
      h("button", { type: "button", id: "other-way", on: { click: () => context.go("other") } }, live("face.other")),
    ),
    elsewhere
      ? h("p", {}, h("button", { type: "button", class: "plain", id: "elsewhere", on: { click: () => context.go("handoff") } }, icon("phone"), live("face.handoff")))
      : null,
  ];
}
