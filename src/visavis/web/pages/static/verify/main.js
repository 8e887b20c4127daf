// The holder's page: from the link to the result. The service says what comes next; this goes there, keeps the way back
// safe, and ends what a step has begun when it is left.

import { Problem } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { handBackButton, isLent } from "../shared/lent.js";
import { openPage } from "../shared/page.js";
import { live, onLanguage, sayAgain } from "../shared/words.js";
import { belongs } from "./belongs.js";
import { readStatus } from "./context.js";
import { ask, enter, moment } from "./entry.js";
import { keepUp } from "./following.js";
import { menu } from "./menu.js";
import * as notice from "./notice.js";
import { addSteps, isThere, stepOf } from "./steps.js";
import { watchTabs } from "./tabs.js";
import { trouble } from "./trouble.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Where} Where */
/** @typedef {import("./steps.js").Step} Step */

const MOST_TIMER_MS = 2 ** 31 - 1;

const ASIDE = new Set(["kept", "handoff", "other", "stop"]);

addSteps({ consent: { name: "consent", show: notice.show } });

/** The step to be shown. @param {Context} context @param {Where} aside @returns {string} */
function nextOf(context, aside) {
  const { status } = context;
  if (!status.may_act && status.next !== "done") return "watch";
  if (aside === "document" && status.next === "document") return "document";
  if (ASIDE.has(aside)) return aside;
  if (status.next === "document" || status.next === "capture") {
    if (context.last?.outcome === "inconclusive") return "again";
    return status.next === "document" && context.reading === null ? "document" : "capture";
  }
  return status.next;
}

async function open() {
  const entering = ask();
  const page = await openPage(live("verify.title"));
  if (isLent()) page.tools.append(handBackButton());
  const entry = await enter(page.main, entering);
  if (entry === null) return;
  if (entry.first) notice.readEarly();
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
    const name = nextOf(context, aside);
    if (!isThere(name)) fill(page.main, moment());
    const step = await stepOf(name);
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
  fill(main, belongs(code, context), root, menu(step.name, context));
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
