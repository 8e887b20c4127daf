// The operator's overview: figures for those who may see them, and the settings of a relying party for administrators. What
// somebody sees follows from the scopes of their role; the interface decides it again at every request.

import { get, post, Problem } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { openPage } from "../shared/page.js";
import { live } from "../shared/words.js";
import { showFigures } from "./figures.js";
import { showKeys } from "./keys.js";
import { showMembers } from "./members.js";
import { showPolicies } from "./policies.js";
import { showWebhooks } from "./webhooks.js";
import { told, trouble } from "./parts.js";

/** @typedef {(root: HTMLElement, context: import("./parts.js").Context) => Promise<void>} Show */

/** @type {readonly {name: string, scope: string, show: Show}[]} */
const SECTIONS = [
  { name: "figures", scope: "figures", show: showFigures },
  { name: "policies", scope: "policies:read", show: showPolicies },
  { name: "keys", scope: "keys", show: showKeys },
  { name: "webhooks", scope: "webhooks", show: showWebhooks },
  { name: "members", scope: "members", show: showMembers },
];
const SIGN_IN = "/p/sign-in";
const SIGN_IN_AND_BACK = `${SIGN_IN}#overview`;

addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // what a browser kept of the page is what somebody else may have been shown
});
await main();

async function main() {
  const asked = get("/s/v1/me"); // while the words come
  asked.catch(() => undefined);
  const page = await openPage(live("overview.title"));
  page.main.classList.add("wide");
  const me = await whoIsThere(page.main, asked);
  if (me === null) return;
  page.setParty(me.relying_party.name);
  const leave = h("button", { type: "button", class: "plain", on: { click: signOut } }, live("overview.sign_out"));
  fill(page.tools, h("span", { class: "faint small" }, me.name), leave);
  const scopes = new Set(/** @type {string[]} */ (me.scopes));
  const sections = SECTIONS.filter((section) => scopes.has(section.scope));
  if (!sections.length) {
    fill(page.main, h("section", { class: "card narrow" }, h("h1", null, live("overview.not_for_you")), told("info", live("overview.not_for_you.text"))));
    return;
  }
  serve(page, me, sections);
}

/**
 * @param {import("../shared/page.js").Page} page
 * @param {any} me
 * @param {typeof SECTIONS} sections
 */
function serve(page, me, sections) {
  const links = new Map(
    sections.map(({ name }) => [name, h("a", { href: `#${name}` }, live(`overview.section.${name}`))]),
  );
  const nav = h("nav", { class: "sections", "aria-label": live("overview.sections") }, h("ul", null, [...links.values()].map((link) => h("li", null, link))));
  const root = h("div", { class: "section" });
  fill(page.main, sections.length > 1 ? nav : null, root);
  let leaving = new AbortController();
  const show = async (/** @type {boolean} */ moved) => {
    const section = sections.find(({ name }) => location.hash === `#${name}`) ?? sections[0];
    if (!section) return;
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    for (const [name, link] of links) {
      if (name === section.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    page.setTitle(live(`overview.section.${section.name}`));
    const problem = trouble();
    const fail = (/** @type {unknown} */ error) => {
      if (signal.aborted) return;
      if (!isOut(error)) return problem.show(error);
      leaving.abort(); // nothing of what was shown stays there for whoever comes by
      fill(page.tools);
      door(page.main);
      arrive(page.main);
    };
    const place = h("div", null, h("h1", null, live(`overview.section.${section.name}`)), problem.place);
    const content = h("div", { class: "content" });
    place.append(content);
    fill(root, place);
    if (moved) arrive(place);
    try {
      await section.show(content, { me, signal, fail, clear: problem.clear });
    } catch (error) {
      fail(error);
    }
  };
  addEventListener("hashchange", () => void show(true));
  void show(false);
}

/** Who signed in; null where nobody has, and the page says so. @param {HTMLElement} root @param {Promise<any>} asked @returns {Promise<any>} */
async function whoIsThere(root, asked) {
  try {
    return await asked;
  } catch (error) {
    if (isOut(error)) {
      door(root);
      return null;
    }
    const problem = trouble();
    fill(root, problem.place);
    problem.show(error);
    return null;
  }
}

/** Nobody is signed in, or they have not made their passkey yet. @param {unknown} error */
function isOut(error) {
  return error instanceof Problem && (error.status === 401 || error.code === "passkey_first");
}

/** @param {HTMLElement} root */
function door(root) {
  fill(
    root,
    h(
      "section",
      { class: "card narrow" },
      h("h1", null, live("overview.signed_out")),
      h("p", null, live("overview.signed_out.text")),
      h("p", { class: "actions" }, h("a", { class: "button", href: SIGN_IN_AND_BACK }, icon("person"), live("overview.sign_in"))),
    ),
  );
}

async function signOut() {
  try {
    await post("/s/v1/sign-out");
  } catch (error) {
    if (!(error instanceof Problem && error.status === 401)) throw error;
  }
  location.replace(SIGN_IN);
}
