// Who is signed in: where their work is, what signs them in, and the way out.

import { announce } from "../shared/announce.js";
import { get, post, Problem } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { date, live, liveBy, t } from "../shared/words.js";
import { acting, trouble } from "./parts.js";
import { makePasskey, signOut } from "./passkey.js";
import { addressOf, placesOf } from "./roles.js";

/** @typedef {import("./passkey.js").Me} Me */
/** @typedef {{id: string, created_at: string, last_used_at?: string, backed_up: boolean}} Passkey */

/**
 * Until they sign out, or were signed out.
 * @param {HTMLElement} root
 * @param {Me} who
 * @returns {Promise<Me | null>}
 */
export function showAccount(root, who) {
  return new Promise((resolve) => {
    const told = trouble();
    const over = (/** @type {unknown} */ error) => {
      if (error instanceof Problem && error.status === 401) resolve(null);
      else told.tell(error);
    };
    const list = h("ul", { class: "passkeys" });
    const read = async () => {
      const { items } = await get("/s/v1/passkeys");
      fill(list, items.map((/** @type {Passkey} */ passkey) => item(passkey, items.length > 1, ask)));
    };
    const ask = async (/** @type {Passkey} */ passkey) => {
      if (!(await confirmed())) return;
      await post(`/s/v1/passkeys/${passkey.id}/remove`).catch(over);
      await read();
    };
    const add = h("button", { type: "button", class: "quiet" }, live("staff.passkeys.add"));
    add.addEventListener(
      "click",
      acting(add, told, async () => {
        await makePasskey();
        announce(t("staff.passkeys.added"));
        await read();
      }),
    );
    const out = h("button", { type: "button", class: "quiet" }, live("staff.sign_out"));
    out.addEventListener(
      "click",
      acting(out, told, async () => {
        await signOut();
        resolve(null);
      }),
    );
    const places = placesOf(who.role).map((place, at) =>
      h("a", { class: at === 0 ? "button" : "button quiet", href: addressOf(place) }, live(`staff.place.${place}`)),
    );
    fill(
      root,
      h("h1", null, live("staff.signed_in", { name: who.name })),
      h("p", null, h("span", { class: "tag" }, live(`staff.role.${who.role}`))),
      h("p", { class: "actions" }, places, out),
      told.place,
      h("section", { class: "card" }, h("h2", null, live("staff.passkeys")), h("p", { class: "hint" }, live("staff.passkeys.how")), list, add),
    );
    arrive(root);
    read().catch(over);
  });
}

/** @param {Passkey} passkey @param {boolean} removable @param {(passkey: Passkey) => Promise<void>} remove */
function item(passkey, removable, remove) {
  const made = date(passkey.created_at);
  const button = h("button", { type: "button", class: "grave", "aria-label": live("staff.passkeys.remove.one", { when: made }) }, live("staff.passkeys.remove"));
  button.addEventListener("click", () => void remove(passkey));
  return h(
    "li",
    null,
    h(
      "div",
      null,
      h("p", null, liveBy(() => t("staff.passkeys.made", { when: date(passkey.created_at) }))),
      h(
        "p",
        { class: "small faint" },
        passkey.last_used_at === undefined ? live("staff.passkeys.unused") : liveBy(() => t("staff.passkeys.used", { when: date(passkey.last_used_at ?? "") })),
      ),
      passkey.backed_up ? h("p", { class: "small faint" }, live("staff.passkeys.backed_up")) : null,
    ),
    removable ? button : null,
  );
}

/** @returns {Promise<boolean>} */
function confirmed() {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "remove-title" });
    const done = (/** @type {boolean} */ answer) => {
      dialog.close();
      resolve(answer);
    };
    fill(
      dialog,
      h("h2", { id: "remove-title" }, live("staff.passkeys.remove.sure")),
      h("p", null, live("staff.passkeys.remove.what")),
      h(
        "p",
        { class: "actions" },
        h("button", { type: "button", class: "grave", on: { click: () => done(true) } }, live("staff.passkeys.remove")),
        h("button", { type: "button", class: "quiet", on: { click: () => done(false) } }, live("staff.passkeys.keep")),
      ),
    );
    dialog.addEventListener("cancel", () => resolve(false));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  });
}
