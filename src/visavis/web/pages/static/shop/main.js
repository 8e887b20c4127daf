// The shop's page: a clerk before a tablet. From the choice of an act over its form and its customers to the receipt, with the
// list of the day beside it.

import { post, Problem } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { isLent, takenBack, whenLent } from "../shared/lent.js";
import { openPage } from "../shared/page.js";
import { problemText } from "../shared/problems.js";
import { live, liveBy } from "../shared/words.js";
import { me } from "../staff/passkey.js";
import { Desk } from "./desk.js";
import { showFinish } from "./finish.js";
import { showForm } from "./form.js";
import { Lock } from "./lock.js";
import { showPart } from "./part.js";
import { todaysList } from "./today.js";
import { ACTS, drop, keep, keptWorks, newWork, nextPart } from "./work.js";

/** @typedef {import("./work.js").Work} Work */
/** @typedef {import("./work.js").ActName} ActName */

const ICONS = /** @type {Record<ActName, string>} */ ({
  register: "phone",
  transfer: "person",
  replace_sim: "card",
  release: "cross",
  dispute: "question",
});
const ACT_NAMES = /** @type {ActName[]} */ (Object.keys(ACTS));
const OFTEN = new Set(["register", "transfer", "replace_sim"]);

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what a browser kept of the page is what somebody else was shown
});
await main();

async function main() {
  const page = await openPage(live("shop.title"));
  page.main.classList.add("wide");
  const locked = h("div", { hidden: true });
  const root = h("div", { class: "work" });
  const side = h("div", { class: "side" });
  const counter = h("div", { class: "counter" }, root, side);
  fill(page.main, locked, counter);
  const lock = new Lock(locked, [counter, page.tools]);
  whenLent(() => void lock.closed("back"));
  const who = await whoIsThere(lock);
  if (!who) return refuse(root, "shop.role");
  page.setParty(who.relying_party.name);
  const key = h("button", { type: "button", class: "plain", on: { click: () => void lock.lock("locked") } }, icon("lock"), live("shop.lock"));
  fill(page.tools, h("span", { class: "faint small" }, who.name), key);
  const desk = new Desk({ signInAgain: () => lock.closed("over"), party: who.relying_party.name, root });
  await desk.learnPurposes();
  await serve(desk, side);
}

/**
 * Who signed in, once somebody has; null where they may not serve here.
 * @param {Lock} lock
 */
async function whoIsThere(lock) {
  const lent = isLent();
  let why = /** @type {import("./lock.js").Why} */ (lent ? "back" : "first");
  if (lent) await lock.lock("back"); // also where a session is left by some mistake: a customer had the tablet
  for (;;) {
    try {
      const who = await me();
      if (lent) await post("/h/v1/leave").catch(() => undefined); // the customer's own session is none of the shop's
      takenBack();
      return who.scopes.includes("lines") && who.scopes.includes("verifications") ? who : null;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      await lock.closed(why);
      why = "over";
    }
  }
}

/** One customer after another. @param {Desk} desk @param {HTMLElement} side */
async function serve(desk, side) {
  let next = keptWorks().find((work) => !work.aside) ?? null;
  let leaving = new AbortController();
  const list = todaysList(desk, (work) => {
    next = work;
    leaving.abort();
  });
  side.replaceChildren(list.place);
  desk.changed = () => void list.show();
  desk.changed();
  for (;;) {
    leaving = new AbortController();
    const { signal } = leaving;
    const left = new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(null));
    });
    const work = next ?? (await Promise.race([choice(desk), left]));
    next = work === next ? null : next;
    if (!work) continue;
    work.aside = false;
    desk.serving = work.id;
    list.draw();
    await Promise.race([oneCustomer(desk, work, signal), left]);
    desk.serving = "";
    if (!work.binding) drop(work); // a form that was left
    else if (signal.aborted && keptWorks().some(({ id }) => id === work.id)) keep(Object.assign(work, { aside: true })); // another was gone on with
    list.draw();
  }
}

/** @param {Desk} desk @param {Work} work @param {AbortSignal} signal */
async function oneCustomer(desk, work, signal) {
  while (!work.binding) {
    if (!(await showForm(desk, work))) return;
  }
  for (let part = nextPart(work); part; part = nextPart(work)) {
    const how = await showPart(desk, work, part, signal);
    if (how === "cancelled") drop(work);
    if (how !== "accepted") return;
    keep(work);
  }
  await showFinish(desk, work);
}

/** What is to be done. @param {Desk} desk @returns {Promise<Work>} */
function choice(desk) {
  return new Promise((resolve) => {
    const button = (/** @type {ActName} */ act) =>
      h(
        "button",
        { type: "button", class: OFTEN.has(act) ? "act" : "act seldom", on: { click: () => resolve(newWork(act)) } },
        icon(ICONS[act]),
        h("span", null, h("strong", null, live(`shop.act.${act}`)), h("span", { class: "small" }, live(`shop.act.${act}.about`))),
      );
    fill(
      desk.root,
      h("section", { class: "card" }, h("h1", null, live("shop.what")), h("div", { class: "acts" }, ACT_NAMES.map(button))),
    );
    arrive(desk.root);
  });
}

/** @param {HTMLElement} root @param {string} key */
function refuse(root, key) {
  fill(root, h("section", { class: "card" }, h("div", { class: "told warn" }, icon("info"), h("h1", null, live(key)))));
}

addEventListener("unhandledrejection", (event) => {
  const place = document.querySelector(".work");
  if (place && event.reason instanceof Problem) {
    event.preventDefault();
    place.prepend(h("div", { class: "told bad", role: "alert" }, icon("warning"), h("p", null, liveBy(() => problemText(event.reason)))));
  }
});
