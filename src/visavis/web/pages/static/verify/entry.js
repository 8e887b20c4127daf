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
    remember(entry.verification);
    return entry;
  } catch (error) {
    await trouble(main, error);
    return null; // and the page is loaded again
  }
}

/** @param {string} token @returns {Promise<Entry>} */
async function exchange(token) {
  const entry = await post("/h/v1/exchange", { token }, { again: true });
  // the token has done its work: it need not stay in the address, nor in pictures of the screen
  history.replaceState(history.state, "", location.pathname);
  return entry;
}

/** @returns {Promise<Entry>} */
async function present() {
  const entry = await get("/h/v1/session");
  const before = known();
  if (before && before !== entry.verification) throw new Problem({ status: 409, code: "opened_elsewhere" });
  return entry;
}

function known() {
  try {
    return sessionStorage.getItem(TAB);
  } catch {
    return null;
  }
}

/** @param {string} verification */
function remember(verification) {
  try {
    sessionStorage.setItem(TAB, verification);
  } catch {
    // a browser that keeps nothing: tabs.js still tells
  }
}
