// What is shown where the page cannot go on: what is wrong, in plain words, and what to do.

import { Problem } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { knows, liveBy, live, t } from "../shared/words.js";

/** No second try helps: the link, or this browser's session, is not there for it. */
const FINAL = new Set(["holder_link_unknown", "holder_link_used", "holder_link_expired", "opened_elsewhere"]);

/**
 * The promise ends with *Try again*; it does not where that could not help.
 * @param {Element} root
 * @param {unknown} error
 * @returns {Promise<void>}
 */
export function trouble(root, error) {
  const code = error instanceof Problem ? error.code : "other";
  if (!(error instanceof Problem)) console.error(error);
  return new Promise((again) => {
    fill(
      root,
      h(
        "section",
        { class: "step ending", data: { code } },
        h("div", { class: "mark warn" }, icon("warning")),
        h("h1", {}, liveBy(() => t(knows(`trouble.${code}`) ? `trouble.${code}` : "trouble.other"))),
        h("p", {}, liveBy(() => problemText(error))),
        FINAL.has(code) || code === "holder_session_unknown"
          ? null
          : h("p", { class: "actions" }, h("button", { type: "button", on: { click: () => again() } }, live("trouble.again"))),
      ),
    );
    arrive(root);
  });
}
