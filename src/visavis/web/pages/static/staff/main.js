// The sign-in page: a passkey, or a code to begin with; then on to the page of one's role. Who is signed in already finds
// their pages here, and their passkeys.

import { Problem } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { openPage } from "../shared/page.js";
import { live } from "../shared/words.js";
import { showAccount } from "./account.js";
import { showEnrolment, showSignIn } from "./entry.js";
import { me } from "./passkey.js";
import { pageAfter } from "./roles.js";

/** @typedef {import("./passkey.js").Me} Me */

async function open() {
  const page = await openPage(live("staff.title"));
  fill(page.main, h("p", { class: "waiting", role: "status" }, live("staff.opening")));
  let who = await present();
  let came = who !== null && !who.enrolling;
  for (;;) {
    page.setParty(who?.relying_party.name ?? "");
    if (who === null) who = await showSignIn(page.main);
    else if (who.enrolling) who = await showEnrolment(page.main, who);
    else if (came) {
      who = await showAccount(page.main, who);
      came = false;
    } else {
      location.replace(pageAfter(who.role, location.hash));
      return;
    }
  }
}

/** @returns {Promise<Me | null>} */
async function present() {
  try {
    return await me();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what a browser kept may be another's
});

await open();
