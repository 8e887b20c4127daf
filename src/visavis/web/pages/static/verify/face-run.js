// While a capture runs: one thing that is asked for at a time, in words, as a picture and, if wanted, aloud. Advice comes
// below it, and takes its place where nothing is asked.

import { advise, announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { live, liveBy, onLanguage, t } from "../shared/words.js";
import { Capture } from "./capture.js";
import { readReasons } from "./context.js";
import { picture } from "./gestures.js";
import { LightShow } from "./light.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Said} Said */
/** @typedef {import("./capture.js").End} End */
/** @typedef {import("./capture.js").Prompt} Prompt */
/** @typedef {{stage: import("./stage.js").Stage, frames: import("./frames.js").Frames, camera: import("./camera.js").Camera, voice: import("./voice.js").Voice}} Parts */

/** Advice whose reason helps to follow it; of the others what to do is enough. */
const WITH_REASON = new Set(["light_behind", "glare_on_glasses", "more_light", "less_light", "one_person_only"]);
const ENOUGH_LIGHT_LEFT_MS = 1200;
const NO_PICTURE_MS = 2500;
const LOOK_MS = 500;
const STEP_TAKEN_MS = 40;
const EASE_MS = 2000;
const WANTED_RATE = 8;

export class FaceRun {
  #root;
  #context;
  #parts;
  /** @type {Record<string, Said>} */
  #words = {};
  /** @type {Capture | null} */
  #capture = null;
  /** @type {LightShow | null} */
  #show = null;
  #done = 0;
  #advice = "";
  #shown = "";
  #blind = false;
  #over = new AbortController();

  /** @param {HTMLElement} root @param {Context} context @param {Parts} parts */
  constructor(root, context, parts) {
    this.#root = root;
    this.#context = context;
    this.#parts = parts;
    this.#asked = h("p", { class: "asked", data: { ask: "" } });
    this.#count = h("p", { class: "count faint small" });
    this.#sheet = h("div", { class: "light-sheet", "aria-hidden": "true", hidden: true });
  }

  #asked;
  #count;
  #sheet;

  /** @returns {Promise<End>} */
  async course() {
    const { stage, frames, camera } = this.#parts;
    const { settings, left, reading } = this.#context;
    this.#open("connecting");
    this.#words = await readReasons().catch(() => ({}));
    onLanguage(async () => {
      this.#words = await readReasons().catch(() => this.#words);
      this.#say();
    }, this.#over.signal);
    if (left.aborted) return over("stopped");
    const hello = { reading: reading ?? "", camera: camera.label, light: settings.light, eyes: settings.eyes, replaced: settings.replaced };
    const capture = new Capture(hello, {
      begun: ({ oval, side }) => void this.#begun(oval, side),
      prompt: (prompt) => this.#ask(prompt),
      rest: (done) => this.#rest(done),
      hold: (held) => this.#hold(held),
      view: (guidance) => this.#view(guidance),
      finishing: () => this.#finish(),
    });
    this.#capture = capture;
    const endings = this.#endings(capture);
    try {
      return await Promise.race([capture.ended, endings]);
    } finally {
      capture.stop(); // where it is over already, nothing happens
      frames.stop();
      this.#close();
      stage.point("");
      stage.advice.hidden = true;
    }
  }

  /** Says why, counts down, and ends when it is time to go on; false where the step was left. @param {string} why @param {number} seconds */
  async wait(why, seconds) {
    const { left } = this.#context;
    this.#open(why);
    const until = performance.now() + 1000 * seconds;
    while (!left.aborted && performance.now() < until) {
      if (why !== "running") fill(this.#count, live("face.in", { n: Math.max(1, Math.ceil((until - performance.now()) / 1000)) }));
      await new Promise((resolve) => setTimeout(resolve, Math.min(1000, until - performance.now())));
    }
    this.#close();
    return !left.aborted;
  }

  /** What ends it beside the service: the holder, the camera, or a page that is out of sight. @param {Capture} capture @returns {Promise<End>} */
  #endings(capture) {
    const { camera } = this.#parts;
    return new Promise((resolve) => {
      const end = (/** @type {string} */ code) => {
        resolve({ ...over(code), begun: capture.begun });
        capture.stop();
      };
      this.#stop = () => end("stopped");
      camera.onTrouble = () => end("camera");
      this.#context.left.addEventListener("abort", () => end("stopped"), { signal: this.#over.signal });
      document.addEventListener("visibilitychange", () => document.hidden && end("hidden"), { signal: this.#over.signal });
    });
  }

  #stop = () => {};

  // ---- what the service says

  /** @param {import("./capture.js").Oval} oval @param {number} side */
  async #begun(oval, side) {
    const { stage, frames, camera } = this.#parts;
    stage.oval = oval;
    if (side > Math.max(stage.video.videoWidth, stage.video.videoHeight)) await camera.enlarge(side, (side * 3) / 4);
    this.#set("look");
    const capture = this.#capture;
    if (!capture || this.#over.signal.aborted) return;
    frames.start(
      side,
      () => capture.ready,
      (message, seconds) => capture.sendFrame(message, seconds),
    );
    this.#guard(capture);
  }

  /** @param {Prompt} prompt */
  #ask(prompt) {
    const eyes = prompt.ask === "close_eyes" && prompt.eyes && prompt.eyes !== "both" ? `close_${prompt.eyes}` : prompt.ask;
    this.#advise([]);
    this.#set(eyes);
    this.#parts.stage.point(prompt.ask);
    if (prompt.ask === "light") void this.#shine(prompt);
  }

  /** @param {number} done */
  #rest(done) {
    if (done > this.#done) navigator.vibrate?.(STEP_TAKEN_MS); // for whoever has their eyes closed
    this.#done = done;
    this.#parts.stage.point("");
    // how many are to come nobody is told, so each takes a part of what is left
    this.#parts.stage.progress(done / (done + 2));
    fill(this.#count, live("face.steps", { n: done }));
    this.#advice = ""; // it was about what is done now
    this.#set("look");
  }

  /** @param {boolean} held */
  #hold(held) {
    this.#show?.hold(held);
    this.#set(held ? "held" : "light");
  }

  /** @param {string[]} guidance */
  #view(guidance) {
    if (this.#capture) this.#advise(this.#show ? [] : guidance);
  }

  #finish() {
    this.#parts.frames.stop();
    this.#advise([]);
    if (this.#show && this.#show.leftMs > ENOUGH_LIGHT_LEFT_MS) this.#show.stop();
    this.#parts.stage.point("");
    this.#parts.stage.progress(1);
    this.#set("thanks");
  }

  /** @param {Prompt} prompt */
  async #shine({ nonce, colours = [], step_s: step = 0.4 }) {
    document.body.classList.add("lit");
    this.#show = new LightShow(this.#sheet, colours, step);
    const shown = await this.#show.over;
    this.#show = null;
    document.body.classList.remove("lit");
    this.#capture?.send("shown", { nonce, colours: shown });
  }

  // ---- what is on the page

  /** @param {string} first what is asked for */
  #open(first) {
    const { stage, voice } = this.#parts;
    const stop = h("button", { type: "button", class: "quiet stop-here", id: "stop-capture", on: { click: () => this.#stop() } }, live("face.stop"));
    const said = h("button", { type: "button", class: "quiet said", hidden: !voice.there, "aria-pressed": String(voice.on) }, live("face.voice.short"));
    said.addEventListener("click", () => {
      voice.on = this.#context.settings.voice = !voice.on;
      said.setAttribute("aria-pressed", String(voice.on));
      if (voice.on) voice.say(this.#shown);
      else voice.hush();
    });
    fill(
      this.#root,
      h("h1", { class: "unseen" }, live("face.title")),
      this.#asked,
      stage.root,
      h("div", { class: "during" }, this.#count, first === "connecting" ? stop : null, said),
      this.#sheet,
    );
    arrive(this.#root);
    stage.resume();
    stage.progress(0);
    this.#set(first);
  }

  #close() {
    this.#over.abort();
    this.#capture = null;
    this.#show?.stop();
    document.body.classList.remove("lit");
    this.#parts.voice.hush();
    advise("");
  }

  #asking = "";

  /** @param {string} ask */
  #set(ask) {
    this.#asking = ask;
    this.#say();
  }

  /** @param {string[]} guidance the weightiest first */
  #advise(guidance) {
    const [code = ""] = guidance;
    if (code === this.#advice) return;
    this.#advice = code;
    this.#say();
  }

  /** One instruction: what is asked for; where nothing is, what the holder can do better. */
  #say() {
    const { stage, voice } = this.#parts;
    const ask = this.#blind ? "no_picture" : this.#asking;
    const instead = ask === "look" && this.#advice !== "";
    const advice = this.#adviceText();
    const text = instead ? advice : t(`face.ask.${ask}`);
    const key = instead ? `advice:${this.#advice}` : ask;
    stage.advice.hidden = instead || !advice;
    if (!instead) stage.advice.textContent = advice;
    if (this.#asked.dataset.ask === key && this.#shown === text) {
      if (!instead) advise(advice);
      return;
    }
    this.#shown = text;
    this.#asked.dataset.ask = key;
    this.#asked.classList.toggle("done", ask === "thanks");
    this.#asked.classList.toggle("wait", ["connecting", "busy", "running", "restarting", "no_picture"].includes(ask));
    fill(this.#asked, picture(instead ? "advice" : pictureOf(ask)), h("span", {}, liveBy(() => this.#shown)));
    if (instead) advise(text);
    else announce(text);
    voice.say(text);
  }

  #adviceText() {
    const said = this.#words[this.#advice];
    if (!said) return "";
    return WITH_REASON.has(this.#advice) ? `${said.text} ${said.advice}` : said.advice;
  }

  /** Tells where the camera gives no picture, and sends smaller ones where the network cannot carry these. @param {Capture} capture */
  #guard(capture) {
    const { frames, camera } = this.#parts;
    let [since, viewed] = [performance.now(), 0];
    frames.seen = since;
    const timer = setInterval(() => {
      const now = performance.now();
      const blind = camera.paused || now - frames.seen > NO_PICTURE_MS;
      if (blind !== this.#blind) {
        this.#blind = blind;
        this.#say();
      }
      if (now - since < EASE_MS) return;
      if (capture.choked && (1000 * (capture.viewed - viewed)) / (now - since) < WANTED_RATE) frames.lighten();
      [since, viewed] = [now, capture.viewed];
    }, LOOK_MS);
    this.#over.signal.addEventListener("abort", () => clearInterval(timer));
  }
}

/** @param {string} ask */
function pictureOf(ask) {
  if (ask === "held") return "light";
  return ["connecting", "busy", "running", "restarting", "no_picture"].includes(ask) ? "wait" : ask;
}

/** @param {string} code @returns {End} */
const over = (code) => ({ result: null, code, retryAfter: null, begun: false });
