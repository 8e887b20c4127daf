// What is kept about the holder, thing by thing as the store tells it; to take along, and to have erased.

import { announce } from "../shared/announce.js";
import { get, post } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { date, live, onLanguage, t } from "../shared/words.js";
import { inLanguage } from "./context.js";
import { save } from "./receipt.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {{name: string, text: string, until?: string, until_text: string, sealed: boolean, count: number}} Thing */

/** @param {HTMLElement} root @param {Context} context */
export function show(root, context) {
  return new Promise((/** @type {(done: void) => void} */ done, fail) => {
    const list = h("div", { class: "kept", "aria-live": "off" });
    const tell = async () => {
      /** @type {{items: Thing[]}} */
      const told = await get(inLanguage("/h/v1/kept"), { signal: context.left });
      fill(list, h("ul", {}, told.items.map(thing)));
    };
    fill(
      root,
      h("h1", {}, live("kept.title")),
      h("p", { class: "lead" }, live("kept.text")),
      list,
      h("p", { class: "actions" }, h("button", { type: "button", class: "quiet", id: "back", on: { click: () => done() } }, icon("back"), live("kept.back")), save("/h/v1/export", "kept.save")),
      context.status.state === "erased" ? null : erasing(context, () => done()),
    );
    arrive(root);
    tell().catch((error) => (context.left.aborted ? undefined : fail(error)));
    onLanguage(() => void tell().catch(() => undefined), context.left);
  });
}

/** @param {Thing} item */
function thing({ text, until, until_text: words, sealed }) {
  return h(
    "li",
    {},
    icon(sealed ? "lock" : "info"),
    h("div", {}, h("p", {}, text), h("p", { class: "faint small" }, until === undefined ? words : live("kept.until", { time: date(until) }))),
  );
}

/** It cannot be undone, and says what it means before it asks. @param {Context} context @param {() => void} done */
function erasing(context, done) {
  const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
  const act = async () => {
    yes.disabled = true;
    try {
      await post(inLanguage("/h/v1/erase"), undefined, { again: true });
      announce(t("erase.done"));
      done();
    } catch (error) {
      fill(wrong, problemText(error));
      wrong.hidden = false;
      yes.disabled = false;
    }
  };
  const yes = h("button", { type: "button", class: "grave", id: "erase", on: { click: act } }, icon("erase"), live("erase.confirm"));
  const { status } = context;
  return h(
    "details",
    { class: "card" },
    h("summary", {}, icon("erase"), live("erase.title")),
    h("p", {}, live("erase.text")),
    status.result?.conclusion === "accepted" ? h("p", {}, live("erase.revoked", { party: status.party })) : null,
    status.next === "done" ? null : h("p", {}, live("erase.ends")),
    wrong,
    h("p", { class: "actions" }, yes),
  );
}
