// The holder's page: from the link to the result. The service says what comes next; this goes there, keeps the way back
// safe, and ends what a step has begun when it is left.

import { Problem } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { handBackButton, isLent } from "../shared/lent.js";
import { openPage } from "../shared/page.js";
import { live, onLanguage, sayAgain } from "../shared/words.js";
import { readStatus } from "./context.js";
import * as documentStep from "./document.js";
import { enter } from "./entry.js";
import * as faceStep from "./face.js";
import { keepUp } from "./following.js";
import * as handoff from "./handoff.js";
import * as kept from "./kept.js";
import * as leaving from "./leaving.js";
import { menu } from "./menu.js";
import * as notice from "./notice.js";
import * as result from "./result.js";
import { watchTabs } from "./tabs.js";
import { trouble } from "./trouble.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Where} Where */
/** @typedef {{name: string, show: import("./context.js").Show, guarded?: boolean, follows?: boolean}} Step `guarded`: going back asks
 * first; `follows`: it keeps up with the verification by itself */

const MOST_TIMER_MS = 2 ** 31 - 1;

/** @type {Record<string, Step>} */
const STEPS = {
  consent: { name: "consent", show: notice.show },
  document: { name: "document", show: documentStep.show, guarded: true },
  capture: { name: "capture", show: faceStep.show, guarded: true, follows: true },
  again: { name: "again", show: result.again, guarded: true },
  wait: { name: "wait", show: result.wait, follows: true },
  watch: { name: "watch", show: handoff.watch, follows: true },
  alternative: { name: "alternative", show: result.attemptsOver },
  done: { name: "done", show: result.show },
  kept: { name: "kept", show: kept.show, guarded: true },
  handoff: { name: "handoff", show: handoff.show, guarded: true },
  other: { name: "other", show: leaving.other, guarded: true },
  stop: { name: "stop", show: leaving.stop, guarded: true },
};
const ASIDE = new Set(["kept", "handoff", "other", "stop"]);

/** @param {Context} context @param {Where} aside @returns {Step | undefined} */
function stepOf(context, aside) {
  const { status } = context;
  if (!status.may_act && status.next !== "done") return STEPS.watch;
  if (aside === "document" && status.next === "document") return STEPS.document;
  if (ASIDE.has(aside)) return STEPS[aside];
  if (status.next === "document" || status.next === "capture") {
    if (context.last?.outcome === "inconclusive") return STEPS.again;
    return status.next === "document" && context.reading === null ? STEPS.document : STEPS.capture;
  }
  return STEPS[status.next];
}

async function open() {
  const page = await openPage(live("verify.title"));
  if (isLent()) page.tools.append(handBackButton());
  const entry = await enter(page.main);
  if (entry === null) return;
  const context = await contextOf(entry);
  const tell = watchTabs(entry.verification, {
    elsewhere: () => {
      context.go = () => undefined;
      cut.abort();
      void trouble(page.main, new Problem({ status: 409, code: "opened_elsewhere" }));
    },
    moved: () => lookAgain?.(),
  });
  page.setParty(context.status.party);
  /** @type {Where} */
  let aside = "next";
  for (;;) {
    const step = stepOf(context, aside);
    if (step === undefined) throw new Error(`no step for ${context.status.next}`);
    const before = context.status.state;
    aside = await take(step, context, page.main, entry.code);
    if (cut.signal.aborted) return;
    if (aside === "next" || aside === "document") await context.refresh();
    if (context.status.state !== before) tell();
  }
}

/** @param {import("./entry.js").Entry} entry @returns {Promise<Context>} */
async function contextOf(entry) {
  const status = await readStatus();
  /** @type {Context} */
  const context = {
    status,
    reading: null,
    document: null,
    settings: { voice: false, light: true, eyes: "both", replaced: {} },
    camera: { face: null, document: null },
    last: null,
    reloaded: status.next === "document" && entry.code === undefined,
    left: new AbortController().signal,
    async refresh() {
      context.status = await readStatus();
      return context.status;
    },
    go: () => undefined,
  };
  return context;
}

/**
 * Shows a step until it is done or left, and says where to go. Where it fails, what is wrong stands there until the holder
 * asks to try again: then the step begins anew.
 * @param {Step} step
 * @param {Context} context
 * @param {HTMLElement} main
 * @param {string | undefined} code
 * @returns {Promise<Where>}
 */
async function take(step, context, main, code) {
  const leaving = new AbortController();
  context.left = leaving.signal;
  const root = h("section", { class: `step step-${step.name}` });
  fill(main, handoff.belongs(code, context), root, menu(step.name, context));
  remember(step);
  try {
    return await new Promise((resolve, reject) => {
      context.go = resolve;
      goBack = () => (step.guarded ? resolve(backFrom(step, context)) : history.back());
      lookAgain = () => void catchUp(context, () => resolve("next"));
      cut.signal.addEventListener("abort", () => resolve("next"));
      endOfTime(context, () => resolve("next"));
      if (!step.follows) keepUp(context, () => resolve("next")).catch(() => undefined);
      onLanguage(() => context.refresh().then(sayAgain, () => undefined), context.left);
      step.show(root, context).then(() => resolve("next"), reject);
    });
  } catch (error) {
    await trouble(main, error);
    return "next";
  } finally {
    goBack = null;
    lookAgain = null;
    context.go = () => undefined;
    leaving.abort();
  }
}

/** Ended once this page has nothing more to do with the session of its browser. */
const cut = new AbortController();
/** @type {(() => void) | null} */
let lookAgain = null;

/** @param {Context} context @param {() => void} moved */
async function catchUp(context, moved) {
  const { state, may_act } = context.status;
  const status = await context.refresh().catch(() => context.status);
  if (status.state !== state || status.may_act !== may_act) moved();
}

// ---- going back

/** @type {(() => void) | null} */
let goBack = null;

/** @param {Step} step @param {Context} context @returns {Where} */
function backFrom(step, context) {
  if (ASIDE.has(step.name)) return "next";
  if ((step.name === "capture" || step.name === "again") && context.reading !== null) return "document";
  return "stop";
}

/** A place of its own in the browser's history, so that its way back leads to `goBack`. @param {Step} step */
function remember(step) {
  if (step.guarded && history.state?.guard !== true) history.pushState({ guard: true }, "");
}

addEventListener("popstate", () => {
  if (history.state?.guard !== true) goBack?.();
});
addEventListener("hashchange", () => location.reload()); // another link in the same tab
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what a browser kept may be another's
});

/** Whatever is shown when the time is over, it is looked at again. @param {Context} context @param {() => void} over */
function endOfTime(context, over) {
  const { status } = context;
  if (status.next === "done" || status.next === "wait") return;
  const left = Date.parse(status.expires_at) - Date.now();
  const timer = setTimeout(over, Math.min(Math.max(left, 0) + 1000, MOST_TIMER_MS));
  context.left.addEventListener("abort", () => clearTimeout(timer));
}

open()
  .catch((error) => trouble(document.querySelector("main") ?? document.body, error))
  .then(() => cut.signal.aborted || location.reload());
