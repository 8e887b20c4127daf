// The notice, word by word as the service tells it, and the two ways on from it, side by side.

import { get, post, Problem } from "../shared/api.js";
import { announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { date, language, live, liveBy, onLanguage, t } from "../shared/words.js";
import { inLanguage } from "./context.js";
import { loadLater } from "./steps.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {{name: string, heading: string, paragraphs: string[]}} Section */
/** @typedef {{language: string, title: string, sections: Section[], consent: string, digest: string}} Notice */

/** @type {Record<string, string>} */
const ICONS = { who: "person", why: "question", read: "eye", told: "share", kept: "lock", rights: "hand", other: "on" };

/** @type {Promise<Notice> | null} */
let early = null;

/** Asks for it before it is known whether it is to be shown: of whoever comes by the link for the first time it is. */
export function readEarly() {
  early = read();
  early.catch(() => undefined);
}

/** @param {HTMLElement} root @param {Context} context */
export async function show(root, context) {
  const asked = early ?? read(context.left);
  early = null;
  let notice = await asked;
  await new Promise((/** @type {(agreed: void) => void} */ agreed) => {
    const draw = () => render(root, notice, context, async () => ((await agree(root, notice, context)) ? agreed() : again()));
    const again = async () => {
      notice = await read(context.left);
      draw();
    };
    draw();
    arrive(root);
    onceShown(() => loadLater().catch(() => undefined)); // whoever needs it hears of it
    onLanguage(() => void again().catch(() => undefined), context.left);
  });
}

/** @param {AbortSignal} [left] @returns {Promise<Notice>} */
const read = (left) => get(inLanguage("/h/v1/notice"), left ? { signal: left } : {});

/** Once what was drawn can be seen and pressed. @param {() => unknown} act */
const onceShown = (act) => requestAnimationFrame(() => setTimeout(act));

/**
 * @param {HTMLElement} root
 * @param {Notice} notice
 * @param {Context} context
 * @param {() => void} agree
 */
function render(root, notice, context, agree) {
  const until = h("span", {}, "\u00a0");
  fill(
    root,
    h("h1", {}, notice.title),
    h("p", { class: "lead" }, context.status.purpose),
    handOffAdvice(context),
    h(
      "div",
      { class: "notice" },
      notice.sections.map(({ name, heading, paragraphs }) =>
        h(
          "section",
          { class: `part part-${name}` },
          h("h2", {}, icon(ICONS[name] ?? "info"), heading),
          paragraphs.length > 2 ? list(paragraphs) : paragraphs.map((text) => h("p", {}, text)),
        ),
      ),
    ),
    h(
      "div",
      { class: "card agree" },
      h("p", { id: "agreeing" }, notice.consent),
      h("p", { class: "wrong", role: "alert", hidden: true }),
      h(
        "div",
        { class: "actions equal" },
        h("button", { type: "button", id: "agree", "aria-describedby": "agreeing", on: { click: agree } }, icon("face"), live("notice.agree")),
        h("button", { type: "button", id: "other", on: { click: () => context.go("other") } }, icon("person"), live("notice.other")),
      ),
      h("p", { class: "hint" }, until),
    ),
  );
  // the first time of day that a browser writes takes a slow phone longer than all that stands above it
  onceShown(() => fill(until, liveBy(() => t("notice.until", { time: date(context.status.expires_at, { timeStyle: "short" }) }))));
}

/** @param {string[]} paragraphs */
const list = (paragraphs) => h("ul", {}, paragraphs.map((text) => h("li", {}, text)));

/** Where this device has no camera, that is said before anything else is done. @param {Context} context */
function handOffAdvice(context) {
  const place = h("div", { "aria-live": "polite" });
  void hasCamera().then((there) => {
    if (there || context.left.aborted) return;
    fill(
      place,
      h(
        "div",
        { class: "told" },
        icon("phone"),
        h(
          "div",
          {},
          h("p", {}, live("notice.no_camera")),
          h("p", {}, h("button", { type: "button", class: "quiet", on: { click: () => context.go("handoff") } }, live("menu.handoff"))),
        ),
      ),
    );
  });
  return place;
}

async function hasCamera() {
  try {
    return (await navigator.mediaDevices.enumerateDevices()).some((device) => device.kind === "videoinput");
  } catch {
    return false; // no camera for a page that came without TLS, either
  }
}

/**
 * Whether it was agreed to; false where the notice has to be read again.
 * @param {HTMLElement} root
 * @param {Notice} notice
 * @param {Context} context
 */
async function agree(root, notice, context) {
  const buttons = [...root.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  try {
    const before = context.status.verification;
    if ((await context.refresh()).verification !== before) throw new Problem({ status: 409, code: "opened_elsewhere" });
    await post("/h/v1/consent", { notice_digest: notice.digest, language: language() });
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === "consented_already") return true;
    const wrong = root.querySelector(".wrong");
    if (wrong instanceof HTMLElement) {
      fill(wrong, problemText(error));
      wrong.hidden = false;
    }
    for (const button of buttons) button.disabled = false;
    if (error instanceof Problem && error.code === "notice_changed") {
      announce(problemText(error));
      return false;
    }
    if (error instanceof Problem && error.status === 409) context.go("next");
    return new Promise(() => undefined); // the same button again, or another
  }
}
