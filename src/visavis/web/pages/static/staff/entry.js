// The ways in: a passkey; a code, and with it a first passkey.

import { post, Problem } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { live } from "../shared/words.js";
import { acting, trouble } from "./parts.js";
import { makePasskey, signIn, signOut, usable } from "./passkey.js";

/** @typedef {import("./passkey.js").Me} Me */

const KEY = "M8 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M11.5 12H21M17 12v3.5M20 12v2.5";

/** Until somebody is known. @param {HTMLElement} root @returns {Promise<Me>} */
export function showSignIn(root) {
  return new Promise((resolve) => {
    const told = trouble();
    const enter = h("button", { type: "button", class: "big" }, icon(KEY), live("staff.enter"));
    enter.addEventListener("click", acting(enter, told, async () => resolve(await signIn())));
    fill(
      root,
      h("h1", null, live("staff.sign_in")),
      h("p", { class: "lead" }, live("staff.sign_in.how")),
      told.place,
      usable() ? h("p", { class: "actions" }, enter) : unusable(),
      h("hr"),
      h("h2", { id: "by-code" }, live("staff.code")),
      byCode(resolve),
    );
    arrive(root);
  });
}

/** @param {(who: Me) => void} known */
function byCode(known) {
  const told = trouble();
  const code = h("input", {
    id: "code",
    name: "code",
    type: "text",
    required: true,
    maxlength: 40,
    autocomplete: "one-time-code",
    autocapitalize: "characters",
    autocorrect: "off",
    spellcheck: "false",
    "aria-describedby": "code-hint",
    dir: "ltr",
  });
  const enter = h("button", { type: "submit", class: "quiet" }, live("staff.code.enter"));
  const form = h(
    "form",
    { "aria-labelledby": "by-code", novalidate: true },
    h("p", null, live("staff.code.how")),
    told.place,
    h("div", { class: "field" }, h("label", { for: "code" }, live("staff.code.label")), h("p", { class: "hint", id: "code-hint" }, live("staff.code.hint")), code),
    h("p", { class: "actions" }, enter),
  );
  const act = acting(enter, told, async () => {
    if (!code.value.trim()) {
      code.focus();
      throw new Problem({ status: 422, code: "code_missing" });
    }
    known(await post("/s/v1/code", { code: code.value }));
  });
  form.addEventListener("submit", act);
  return form;
}

/**
 * Who came by a code makes a passkey, or goes.
 * @param {HTMLElement} root
 * @param {Me} who
 * @returns {Promise<Me | null>}
 */
export function showEnrolment(root, who) {
  return new Promise((resolve) => {
    const told = trouble();
    const make = h("button", { type: "button", class: "big" }, icon(KEY), live("staff.make"));
    const leave = h("button", { type: "button", class: "quiet" }, live("staff.make.not_now"));
    const lost = (/** @type {unknown} */ error) => error instanceof Problem && error.code === "staff_session_unknown";
    make.addEventListener(
      "click",
      acting(make, told, async () => {
        try {
          resolve(await makePasskey());
        } catch (error) {
          if (!lost(error)) throw error;
          resolve(null);
        }
      }),
    );
    leave.addEventListener(
      "click",
      acting(leave, told, async () => {
        await signOut();
        resolve(null);
      }),
    );
    fill(
      root,
      h("h1", null, live("staff.welcome", { name: who.name })),
      h("p", { class: "lead" }, live("staff.make.how")),
      h("ul", null, ["where", "stays", "again"].map((what) => h("li", null, live(`staff.make.${what}`)))),
      told.place,
      usable() ? null : unusable(),
      h("p", { class: "actions" }, usable() ? make : null, leave),
      h("p", { class: "small faint" }, live("staff.make.leave")),
    );
    arrive(root);
  });
}

const unusable = () => h("div", { class: "told warn" }, icon("warning"), h("p", null, live("staff.unusable")));
