// How the page comes to its verification: by the link's token, once, or by the session that the device has already.

import { get, post, Problem } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { live } from "../shared/words.js";
import { trouble } from "./trouble.js";

/** @typedef {{verification: string, may_act: boolean, code?: string}} Entry */

const TAB = "visavis-verification";

/**
 * Shows what is wrong where it cannot be opened, and gives null.
 * @param {HTMLElement} main
 * @returns {Promise<Entry | null>}
 */
export async function enter(main) {
  fill(main, h("p", { class: "waiting", role: "status" }, live("verify.opening")));
  try {
    const token = location.hash.slice(1);
    const entry = token ? await exchange(token) : await present();
    keepToThisTab(entry.verification, main);
    return entry;
  } catch (error) {
    await trouble(main, error);
    return null;
  }
}

/** @param {string} token @returns {Promise<Entry>} */
async function exchange(token) {
  const entry = await post("/h/v1/exchange", { token }, { again: true });
  // the token has done its work: it need not stay in the address, nor in pictures of the screen
  history.replaceState(history.state, "", location.pathname);
  forget();
  return entry;
}

/** @returns {Promise<Entry>} */
async function present() {
  const entry = await get("/h/v1/session");
  const before = known();
  if (before && before !== entry.verification) throw new Problem({ status: 409, code: "opened_elsewhere" });
  return entry;
}

/**
 * A browser has one session. Where another tab opens another verification, this page would act on that: it says so instead.
 * @param {string} verification
 * @param {HTMLElement} main
 */
function keepToThisTab(verification, main) {
  try {
    sessionStorage.setItem(TAB, verification);
  } catch {
    // a browser that keeps nothing: the channel below still tells
  }
  const channel = new BroadcastChannel(TAB);
  channel.addEventListener("message", (event) => {
    if (event.data === verification) return;
    trouble(main, new Problem({ status: 409, code: "opened_elsewhere" }));
  });
  channel.postMessage(verification);
}

function known() {
  try {
    return sessionStorage.getItem(TAB);
  } catch {
    return null;
  }
}

function forget() {
  try {
    sessionStorage.removeItem(TAB);
  } catch {
    // nothing was kept
  }
}
