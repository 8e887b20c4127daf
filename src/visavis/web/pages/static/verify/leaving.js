// The other way, and stopping. Both end the verification for good, so each says first what it does, and asks once.

import { post } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { live, liveBy } from "../shared/words.js";
import { inLanguage } from "./context.js";

/** @typedef {import("./context.js").Context} Context */

/** @type {import("./context.js").Show} */
export function other(root, context) {
  return asked(root, context, {
    title: "other.title",
    body: [h("p", { class: "lead" }, liveBy(() => context.status.other_way)), h("p", {}, live("other.text"))],
    mark: "person",
    confirm: "other.confirm",
    back: "other.back",
    path: "/h/v1/alternative",
    kind: "",
  });
}

/** @type {import("./context.js").Show} */
export function stop(root, context) {
  return asked(root, context, {
    title: "stop.title",
    body: [h("p", {}, live("stop.text")), h("p", {}, live("stop.other"))],
    mark: "hand",
    confirm: "stop.confirm",
    back: "stop.back",
    path: "/h/v1/withdraw",
    kind: "grave",
  });
}

/**
 * @param {HTMLElement} root
 * @param {Context} context
 * @param {{title: string, body: Node[], mark: string, confirm: string, back: string, path: string, kind: string}} words
 * @returns {Promise<void>}
 */
function asked(root, context, { title, body, mark, confirm, back, path, kind }) {
  return new Promise((done) => {
    const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    const act = async () => {
      yes.disabled = true;
      try {
        await post(inLanguage(path), undefined, { again: true });
        done();
      } catch (error) {
        fill(wrong, problemText(error));
        wrong.hidden = false;
        yes.disabled = false;
        context.refresh().then((status) => status.next === "done" && done(), () => undefined);
      }
    };
    const yes = h("button", { type: "button", class: kind, id: "confirm", on: { click: act } }, live(confirm));
    const no = h("button", { type: "button", class: "quiet", id: "back", on: { click: () => done() } }, live(back));
    fill(root, h("div", { class: "mark" }, icon(mark)), h("h1", {}, live(title)), body, wrong, h("div", { class: "actions" }, yes, no));
    arrive(root);
  });
}
