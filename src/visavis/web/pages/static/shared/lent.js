// A tablet of the shop in a customer's hands. Before it is lent the clerk's session is ended by the service itself, so that
// there is nothing on the tablet that a customer could use; what is noted here says only that the page is to offer the way
// back. The tab goes on to the holder's page in place of the shop's, so that no way leads back to what stood there.

import { post } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { live } from "./words.js";

const NOTE = "visavis-lent";
const SHOP = "/p/shop";
const CHANNEL = "visavis-lent";

/** Whether this tab was lent to a customer. */
export function isLent() {
  try {
    return sessionStorage.getItem(NOTE) === "1";
  } catch {
    return false;
  }
}

/** Call it once the clerk's session is ended. @param {string} holderUrl */
export function lend(holderUrl) {
  sessionStorage.setItem(NOTE, "1");
  new BroadcastChannel(CHANNEL).postMessage("lent");
  location.replace(holderUrl);
}

/** Calls `lock` when another tab of this browser is lent: nothing of the shop stays on any of them. @param {() => void} lock */
export function whenLent(lock) {
  new BroadcastChannel(CHANNEL).addEventListener("message", lock);
}

/** The tab is the shop's again. */
export function takenBack() {
  try {
    sessionStorage.removeItem(NOTE);
  } catch {
    // then nothing was noted either
  }
}

/** For the holder's page: lets the tablet forget the holder, and leads to the shop's page, which asks who is there. */
export function handBackButton() {
  const back = async () => {
    button.disabled = true;
    try {
      await post("/h/v1/leave");
    } finally {
      location.replace(SHOP);
    }
  };
  const button = h("button", { type: "button", class: "quiet", on: { click: back } }, icon("back"), live("lent.back"));
  return button;
}
