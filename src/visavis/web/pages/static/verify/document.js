// The document: its pictures are taken, read by the service, and what was read is shown to its holder. Nothing of it is
// kept but in this page's memory.

import { post, Problem } from "../shared/api.js";
import { announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { problemText } from "../shared/problems.js";
import { knows, live, t } from "../shared/words.js";
import { inLanguage } from "./context.js";
import { takePicture } from "./document-camera.js";
import { shown } from "./document-read.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./document-read.js").Answer} Answer */
/** @typedef {"first" | "other" | "portrait"} Side which one is asked for: `portrait`: the one with it, of a card */
/** @typedef {{pictures: Blob[], file: boolean}} Taken `file`: they were chosen, and not taken */

const READ_MS = 120_000;

/** @type {import("./context.js").Show} */
export async function show(root, context) {
  /** @type {Blob[]} */
  let pictures = [];
  /** @type {Side} */
  let side = "first";
  let wrong = "";
  let answer = /** @type {Answer | null} */ (context.reading === null ? null : context.document);
  for (;;) {
    if (answer === null) {
      const taken = await takePicture(root, context, { side, wrong });
      context.reloaded = false;
      const all = [...pictures, ...taken.pictures];
      const read = await readAll(root, context, all);
      if (read.answer === null) {
        wrong = read.wrong;
        continue;
      }
      answer = read.answer;
      wrong = "";
      const missing = missingSide(answer, all.length);
      if (missing !== null && !(answer.reading && identified(answer))) {
        // one side was read, and nothing can be done with it alone
        [pictures, side, answer] = [all, missing, null];
        announce(t(`document.title.${missing}`));
        continue;
      }
      pictures = all;
    }
    const wish = await shown(root, context, answer, missingSide(answer, pictures.length || 2) !== null);
    if (wish === "on") return;
    side = wish === "other" ? (missingSide(answer, 1) ?? "other") : "first";
    if (wish === "again") pictures = [];
    [answer, context.reading, context.document] = [null, null, null];
  }
}

/** Whether it was read whose document it is. @param {Answer} answer */
const identified = (answer) => !answer.problems.some((problem) => problem.code === "document_side_missing");

/**
 * Which side would help, by what was read of `count` pictures; null where none would.
 * @param {Answer} answer
 * @param {number} count
 * @returns {"other" | "portrait" | null}
 */
function missingSide(answer, count) {
  if (count > 1) return null;
  const found = new Set(answer.problems.map((problem) => problem.code));
  if (answer.kind === "td1" && !answer.portrait_found) return "portrait";
  if (!identified(answer)) return answer.portrait_found ? "other" : "portrait";
  return answer.kind === "prc_card" && found.has("expiry_not_read") ? "other" : null;
}

/**
 * Shows that it is read, and has it read. `answer` is null where the pictures cannot be used, and `wrong` says why.
 * @param {HTMLElement} root
 * @param {Context} context
 * @param {Blob[]} pictures
 * @returns {Promise<{answer: Answer | null, wrong: string}>}
 */
async function readAll(root, context, pictures) {
  const preview = h("canvas", { class: "doc-still", "aria-hidden": "true" });
  const stop = drawn(preview, pictures[pictures.length - 1]);
  fill(
    root,
    h("h1", {}, live("document.reading.title")),
    h(
      "div",
      { class: "doc-reading", role: "progressbar", "aria-label": live("document.reading.title") },
      preview,
      h("span", { class: "doc-scan", "aria-hidden": "true" }),
    ),
    h("p", { class: "hint" }, live("document.reading.hint")),
  );
  arrive(root);
  const form = new FormData();
  pictures.forEach((picture, at) => form.append("photo", picture, `${at + 1}.jpg`));
  try {
    const answer = await post(inLanguage("/h/v1/document"), form, { signal: context.left, timeout: READ_MS, again: true });
    context.document = answer;
    context.reading = answer.reading ?? null;
    return { answer, wrong: "" };
  } catch (error) {
    if (context.left.aborted || !(error instanceof Problem) || error.status === 401) throw error;
    if (error.status === 409) {
      context.go("next"); // another tab went on, or the time is over
      return await new Promise(() => undefined);
    }
    return { answer: null, wrong: knows(`document.problem.${error.code}`) ? t(`document.problem.${error.code}`) : problemText(error) };
  } finally {
    stop();
  }
}

/**
 * Draws a picture as it is read, where the browser can; returns what ends it.
 * @param {HTMLCanvasElement} canvas
 * @param {Blob | undefined} picture
 */
function drawn(canvas, picture) {
  let over = false;
  if (picture) {
    createImageBitmap(picture, { resizeWidth: 720, resizeQuality: "medium" }).then(
      (bitmap) => {
        if (!over) {
          Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
          canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
        }
        bitmap.close();
      },
      () => undefined, // a kind of picture that this browser does not show; the service may read it
    );
  }
  return () => {
    over = true;
  };
}
