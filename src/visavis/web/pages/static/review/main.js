// The reviewer's page: the list of cases, and one of them. The address says which, so that a browser's way back leads out of a
// case, and with it everything of the case from the screen.

import { get, post, Problem } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { openPage } from "../shared/page.js";
import { problemText } from "../shared/problems.js";
import { live, liveBy } from "../shared/words.js";
import { basicKeys, showCase } from "./case.js";
import { Desk } from "./desk.js";
import { Keys } from "./keys.js";
import { nothingToTake, showQueue, takeNext } from "./queue.js";

const SIGN_IN = "/p/sign-in";
const SCOPE = "review";
const CASE = /^#(rev_[0-9a-z]+)$/;

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what a browser kept of the page is what somebody else may be shown
});
await main();

async function main() {
  const page = await openPage(live("review.title"));
  page.main.classList.add("wide");
  const root = h("div", { class: "review" });
  page.main.append(root);
  fill(root, h("p", { class: "waiting" }, live("review.loading")));
  try {
    const me = await whoIsThere();
    if (!me) return tell(root, "review.in.title", "review.in.text", wayIn());
    if (me.enrolling) return location.replace(SIGN_IN); // a passkey comes first
    if (!me.scopes.includes(SCOPE)) return tell(root, "review.role.title", "review.role.text", null);
    page.setParty(me.relying_party.name);
    const out = h("button", { type: "button", class: "plain", on: { click: () => void signOut() } }, live("review.sign_out"));
    fill(page.tools, h("span", { class: "faint small" }, live("review.signed_in", { name: me.name })), out);
    await work(root, me);
  } catch (error) {
    failed(root, error);
  }
}

/** @param {HTMLElement} root @param {import("./desk.js").Me} me */
async function work(root, me) {
  let leaving = new AbortController();
  /** A case that is to be taken as soon as it is shown. */
  let taking = "";
  const fail = (/** @type {unknown} */ error) => {
    leaving.abort();
    failed(root, error);
  };
  const desk = new Desk(me, fail);
  const keys = new Keys();
  const open = (/** @type {string} */ id) => {
    taking = id;
    if (location.hash === `#${id}`) show();
    else location.hash = id;
  };
  const ways = {
    queue: () => {
      if (location.hash === "") show();
      else history.pushState(null, "", location.pathname);
      show();
    },
    next: () => {
      takeNext(desk).then((id) => (id === null ? nothing() : open(id)), fail);
    },
    again: () => open(idOf()),
  };
  const nothing = () => {
    if (idOf()) ways.queue();
    nothingToTake();
  };
  const show = () => {
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    const id = idOf();
    basicKeys(keys, ways);
    const shown = id ? showCase(root, id, desk, ways, keys, signal, taking === id) : showQueue(root, desk, { open, next: ways.next }, signal).then(() => void (signal.aborted || root.append(keys.place)));
    taking = "";
    shown.catch((error) => {
      if (!signal.aborted) fail(error);
    });
  };
  await desk.learnReasons();
  addEventListener("hashchange", show);
  addEventListener("popstate", () => {
    if (!idOf()) show();
  });
  show();
}

/** Of the case in the address, or nothing. */
function idOf() {
  return CASE.exec(location.hash)?.[1] ?? "";
}

async function signOut() {
  try {
    await post("/s/v1/sign-out");
  } finally {
    location.replace(SIGN_IN);
  }
}

function wayIn() {
  return h("a", { class: "button", href: SIGN_IN }, live("review.out.in"));
}

/** Null where nobody has signed in. @returns {Promise<any>} */
async function whoIsThere() {
  try {
    return await get("/s/v1/me");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** @param {HTMLElement} root @param {unknown} error */
function failed(root, error) {
  if (error instanceof Problem && error.status === 401) {
    return tell(root, "review.out.title", "review.out.text", wayIn());
  }
  if (!(error instanceof Problem)) console.error(error); // a mistake of the page itself
  const again = h("button", { type: "button", on: { click: () => location.reload() } }, live("review.again"));
  fill(root, h("section", { class: "card narrow" }, h("h1", null, live("review.problem.title")), h("div", { class: "told bad" }, icon("warning"), h("p", null, liveBy(() => problemText(error)))), h("div", { class: "actions" }, again)));
  arrive(root);
}

/**
 * @param {HTMLElement} root
 * @param {"review.in.title" | "review.out.title" | "review.role.title"} title
 * @param {"review.in.text" | "review.out.text" | "review.role.text"} text
 * @param {HTMLElement | null} way
 */
function tell(root, title, text, way) {
  fill(root, h("section", { class: "card narrow" }, h("h1", null, live(title)), h("p", null, live(text)), way && h("div", { class: "actions" }, way)));
  arrive(root);
}
