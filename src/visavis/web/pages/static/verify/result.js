// How it ended, and how it stands until then: in words, with what to do, and never a number.

import { announce } from "../shared/announce.js";
import { post } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { live, liveBy, onLanguage, t } from "../shared/words.js";
import { readReasons } from "./context.js";
import { changed } from "./following.js";
import { receipt } from "./receipt.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Status} Status */
/** @typedef {import("./context.js").Said} Said */

/** By how it ended: the icon, its colour, and whether there is a title of its own. @type {Record<string, [string, string]>} */
const MARKS = {
  accepted: ["check", "good"],
  rejected: ["cross", "bad"],
  inconclusive: ["question", "warn"],
  declined_for_alternative: ["person", ""],
  withdrawn: ["hand", ""],
  expired: ["clock", "warn"],
  erased: ["erase", ""],
};

/** Nothing is left to do here. @type {import("./context.js").Show} */
export async function show(root, context) {
  const draw = () => ended(root, context);
  draw();
  arrive(root);
  announce(t(`result.${kindOf(context.status)}`));
  onLanguage(() => void context.refresh().then(draw, () => undefined), context.left);
  await new Promise(() => undefined);
}

/** @param {Status} status */
function kindOf(status) {
  const kind = status.result?.conclusion ?? status.state;
  return kind in MARKS ? kind : "expired";
}

/** @param {HTMLElement} root @param {Context} context */
function ended(root, context) {
  const { status } = context;
  const kind = kindOf(status);
  const [mark, colour] = MARKS[kind] ?? ["clock", "warn"];
  const acts = status.may_act && kind !== "expired";
  fill(
    root,
    h("div", { class: `mark ${colour}` }, icon(mark)),
    h("h1", {}, live(`result.${kind}`)),
    h("p", { class: "lead" }, status.text),
    status.result && kind !== "accepted" ? reasons(status.result.reasons) : null,
    kind === "accepted" ? null : next(status, kind),
    onward(status),
    acts && status.agreed ? receipt(context) : null,
    acts ? afterwards(context, kind) : null,
  );
}

/** @param {readonly Said[]} said */
export function reasons(said) {
  return h(
    "ul",
    { class: "reasons" },
    said.map(({ text, advice }) => h("li", {}, h("strong", {}, text), advice ? h("span", {}, " ", advice) : null)),
  );
}

/** What to do now. @param {Status} status @param {string} kind */
function next(status, kind) {
  if (kind === "erased" || kind === "withdrawn") return null;
  return h(
    "div",
    { class: "told" },
    icon("info"),
    h("div", {}, kind === "declined_for_alternative" ? null : h("p", {}, live("result.next")), h("p", {}, status.other_way), contact(status)),
  );
}

/** @param {Status} status */
const contact = (status) =>
  status.contact ? h("p", { class: "faint" }, live("result.contact", { party: status.party, contact: status.contact })) : null;

/** Back to where the holder came from. The device forgets the verification first: it may be another's next. @param {Status} status */
function onward(status) {
  const address = status.return_url;
  if (!address || !/^https?:/.test(address)) return null;
  const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
  const leave = async () => {
    try {
      await post("/h/v1/leave", undefined, { again: true });
      location.replace(address);
    } catch (error) {
      fill(wrong, problemText(error));
      wrong.hidden = false;
    }
  };
  return h(
    "div",
    {},
    wrong,
    h("p", { class: "actions" }, h("button", { type: "button", id: "onward", on: { click: leave } }, live("result.onward", { party: status.party }), icon("on"))),
    h("p", { class: "hint" }, live("result.onward.hint")),
  );
}

/** @param {Context} context @param {string} kind */
function afterwards(context, kind) {
  return h(
    "div",
    { class: "actions" },
    h("button", { type: "button", class: "quiet", id: "kept", on: { click: () => context.go("kept") } }, icon("lock"), live(kind === "erased" ? "result.kept" : "result.kept_or_erase")),
  );
}

/** Something is under way that needs nobody here. @type {import("./context.js").Show} */
export async function wait(root, context) {
  const draw = () => waiting(root, context.status);
  draw();
  arrive(root);
  onLanguage(() => void context.refresh().then(draw, () => undefined), context.left);
  await changed(context, draw);
}

/** @param {HTMLElement} root @param {Status} status */
function waiting(root, status) {
  if (status.state === "referred") {
    fill(
      root,
      h("div", { class: "mark" }, icon("person")),
      h("h1", {}, live("wait.referred")),
      h("p", { class: "lead" }, status.text),
      h("div", { class: "told" }, icon("info"), h("div", {}, h("p", {}, live("wait.referred.hint")), contact(status))),
    );
    return;
  }
  fill(root, h("div", { class: "waiting" }, h("h1", {}, live("wait.title")), h("p", {}, status.text)));
}

/** The last attempt came to nothing, and another is left. @type {import("./context.js").Show} */
export function again(root, context) {
  return new Promise((done) => {
    const { last } = context;
    const advice = h("div", { "aria-live": "polite" });
    const tell = () =>
      void readReasons().then(
        (said) => fill(advice, reasons((last?.advice ?? []).flatMap((code) => said[code] ?? []))),
        () => undefined,
      );
    const go = () => {
      context.last = null;
      done();
    };
    fill(
      root,
      h("div", { class: "mark warn" }, icon("face")),
      h("h1", {}, live("again.title")),
      h("p", { class: "lead" }, live("again.text")),
      advice,
      h(
        "div",
        { class: "actions equal" },
        h("button", { type: "button", id: "again", on: { click: go } }, icon("face"), live("again.again")),
        h("button", { type: "button", id: "other", on: { click: () => context.go("other") } }, icon("person"), live("notice.other")),
      ),
      h("p", { class: "hint" }, live("again.left", { n: context.status.attempts_left })),
    );
    tell();
    onLanguage(tell, context.left);
    arrive(root);
  });
}

/** No attempts are left, and nothing is decided yet. @type {import("./context.js").Show} */
export async function attemptsOver(root, context) {
  fill(
    root,
    h("div", { class: "mark warn" }, icon("question")),
    h("h1", {}, live("over.title")),
    h("p", { class: "lead" }, live("over.text")),
    h("p", {}, liveBy(() => context.status.other_way)),
    contact(context.status),
    h("p", { class: "actions" }, h("button", { type: "button", id: "other", on: { click: () => context.go("other") } }, icon("person"), live("notice.other"))),
  );
  arrive(root);
  onLanguage(() => void context.refresh(), context.left);
  await new Promise(() => undefined);
}
