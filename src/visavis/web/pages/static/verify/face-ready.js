// Before the capture begins: the holder sees themselves, hears what comes, the light above all, and chooses how they want it.

import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { live } from "../shared/words.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./camera.js").Camera} Camera */
/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./voice.js").Voice} Voice */

/** What is asked for instead of what somebody cannot do; nobody is asked why. @type {Record<string, Record<string, string>>} */
const INSTEAD = {
  no_left: { turn_left: "turn_right" },
  no_right: { turn_right: "turn_left" },
  no_up: { look_up: "look_down" },
  no_down: { look_down: "look_up" },
  neither: { look_up: "close_eyes", look_down: "close_eyes" },
};

/**
 * "begin", or "camera" where another one was chosen.
 * @param {HTMLElement} root
 * @param {Context} context
 * @param {Stage} stage
 * @param {Camera} camera
 * @param {Voice} voice
 * @returns {Promise<"begin" | "camera">}
 */
export function begun(root, context, stage, camera, voice) {
  const { settings } = context;
  return new Promise((resolve) => {
    const chosen = new Map(Object.entries(settings.replaced));
    const replace = () => {
      settings.replaced = Object.fromEntries(chosen);
    };
    const begin = h("button", { type: "button", id: "begin", on: { click: () => resolve("begin") } }, icon("on"), live("face.begin"));
    stage.point("");
    stage.progress(0);
    fill(
      root,
      h("h1", {}, live("face.title")),
      stage.root,
      h(
        "div",
        { class: "ready" },
        h("p", {}, h("strong", {}, live("face.place")), " ", live("face.lead")),
        light(settings),
        h(
          "details",
          { class: "more" },
          h("summary", {}, live("face.more")),
          cameras(context, camera, () => resolve("camera")),
          aloud(settings, voice),
          choice("turns", ["both", "no_left", "no_right"], nameOf(chosen, ["turn_left", "turn_right"]), (name) => {
            change(chosen, ["turn_left", "turn_right"], name);
            replace();
          }),
          choice("nods", ["both", "no_up", "no_down", "neither"], nameOf(chosen, ["look_up", "look_down"]), (name) => {
            change(chosen, ["look_up", "look_down"], name);
            replace();
          }),
          choice("eyes", ["both", "left", "right"], settings.eyes, (name) => {
            settings.eyes = /** @type {"both" | "left" | "right"} */ (name);
          }),
        ),
        h("p", { class: "faint small" }, live("face.attempts", { n: context.status.attempts_left })),
      ),
      h("div", { class: "begin" }, begin),
    );
    arrive(root);
    stage.resume();
  });
}

/** The light is announced here, before anything is lit, and going without it is a choice like the other. @param {Context["settings"]} settings */
function light(settings) {
  return h(
    "fieldset",
    { id: "light-choice", "aria-describedby": "light-about" },
    h("legend", {}, live("face.light")),
    h("p", { id: "light-about" }, live("face.light.about")),
    lightChoice(settings, "with"),
    lightChoice(settings, "without"),
  );
}

/** @param {Context["settings"]} settings @param {"with" | "without"} name */
function lightChoice(settings, name) {
  const without = name === "without";
  const box = h("input", { type: "radio", name: "light", value: name, checked: settings.light !== without, "aria-describedby": without ? "light-hint" : null });
  box.addEventListener("change", () => {
    settings.light = !without;
  });
  return [
    h("label", { class: "choice" }, box, h("span", {}, live(without ? "face.light.without" : "face.light.with"))),
    without ? h("p", { class: "hint", id: "light-hint" }, live("face.light.hint")) : null,
  ];
}

/** @param {Context} context @param {Camera} camera @param {() => void} changed */
function cameras(context, camera, changed) {
  if (camera.cameras.length < 2) return null;
  const select = h(
    "select",
    { id: "face-camera" },
    camera.cameras.map(({ id, label, fits }) =>
      h("option", { value: id, selected: id === camera.id }, fits ? label : live("face.camera.unusual", { label })),
    ),
  );
  select.addEventListener("change", () => {
    context.camera.face = select.value;
    changed();
  });
  return h("div", { class: "field" }, h("label", { for: "face-camera" }, live("face.camera")), select);
}

/** @param {Context["settings"]} settings @param {Voice} voice */
function aloud(settings, voice) {
  const box = h("input", { type: "checkbox", id: "voice", checked: settings.voice });
  box.addEventListener("change", () => {
    settings.voice = box.checked;
    voice.on = box.checked;
  });
  const row = h("label", { class: "choice", hidden: !voice.there }, box, h("span", {}, live("face.voice")));
  // a browser tells its voices a moment later
  voice.onThere = () => {
    row.hidden = false;
  };
  return row;
}

/** @param {string} kind @param {string[]} names @param {string} present @param {(name: string) => void} chosen */
function choice(kind, names, present, chosen) {
  const select = h(
    "select",
    { id: `face-${kind}` },
    names.map((name) => h("option", { value: name, selected: name === present }, live(`face.${kind}.${name}`))),
  );
  select.addEventListener("change", () => chosen(select.value));
  return h("div", { class: "field" }, h("label", { for: `face-${kind}` }, live(`face.${kind}`)), select);
}

/** @param {Map<string, string>} chosen @param {string[]} gestures @param {string} name */
function change(chosen, gestures, name) {
  for (const gesture of gestures) chosen.delete(gesture);
  for (const [gesture, instead] of Object.entries(INSTEAD[name] ?? {})) chosen.set(gesture, instead);
}

/** @param {Map<string, string>} chosen @param {string[]} gestures */
function nameOf(chosen, gestures) {
  const same = Object.entries(INSTEAD).find(([, instead]) => {
    const mine = gestures.filter((gesture) => chosen.has(gesture));
    return mine.length > 0 && mine.length === Object.keys(instead).length && mine.every((gesture) => instead[gesture] === chosen.get(gesture));
  });
  return same?.[0] ?? "both";
}
