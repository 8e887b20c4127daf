// How the page comes to its verification: by the link's token, once, or by the session that the device has already.

import { get, post, Problem } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { live } from "../shared/words.js";
import { trouble } from "./trouble.js";

/** @typedef {{verification: string, may_act: boolean, code?: string, first?: boolean}} Entry `first`: it came by the link */

const TAB = "visavis-verification";

/** What is shown while the page waits for the service. */
export const moment = () => h("p", { class: "waiting", role: "status" }, live("verify.opening"));

/** Asks for it, beside all that the page loads. Whoever awaits it hears of what is wrong. @returns {Promise<Entry>} */
export function ask() {
  const token = location.hash.slice(1);
  const entering = token ? exchange(token) : present();
  entering.catch(() => undefined);
  return entering;
}

/**
 * Shows what is wrong where it cannot be opened, and gives null.
 * @param {HTMLElement} main
 * @param {Promise<Entry>} entering
 * @returns {Promise<Entry | null>}
 */
export async function enter(main, entering) {
  fill(main, moment());
  try {
    const entry = await entering;
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
  return { ...entry, first: true };
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
