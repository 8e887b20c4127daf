// What every page has around its content: a header with the party's name and the choice of the language, the main part,
// and the live region.

import { announce, prepareAnnouncements } from "./announce.js";
import { h } from "./dom.js";
import { language, languages, Live, live, onLanguage, speak, t, wantedLanguage } from "./words.js";

/**
 * @typedef {object} Page
 * @property {HTMLElement} main where the content goes
 * @property {HTMLElement} tools of the header, beside the choice of the language: signing out, for one
 * @property {(name: string) => void} setParty whose page it is
 * @property {(title: Live) => void} setTitle of the window; follows the language
 */

/**
 * Loads the words, then makes the page in `document.body`.
 * @param {Live} title of the window
 * @returns {Promise<Page>}
 */
export async function openPage(title) {
  await speak(wantedLanguage());
  const party = h("p", { class: "party" });
  const tools = h("div", { class: "tools" });
  const main = h("main", { id: "main", tabindex: "-1" });
  const skip = h("a", { class: "skip", href: "#main", on: { click: skipTo(main) } }, live("page.skip"));
  document.body.prepend(skip, h("header", { class: "top" }, party, tools, languageChoice()), main);
  prepareAnnouncements();
  let shown = title;
  const entitle = () => {
    document.title = shown.say();
  };
  entitle();
  onLanguage(entitle);
  return {
    main,
    tools,
    setParty(name) {
      party.textContent = name;
    },
    setTitle(next) {
      shown = next;
      entitle();
    },
  };
}

/** The fragment of the address is not for places of the page: a link's token rides in it. @param {HTMLElement} main */
function skipTo(main) {
  return (/** @type {Event} */ event) => {
    event.preventDefault();
    main.focus();
  };
}

function languageChoice() {
  const choice = h(
    "select",
    { id: "language", "aria-label": live("page.language") },
    languages().map(({ tag, name }) => h("option", { value: tag, lang: tag, selected: tag === language() }, name)),
  );
  choice.addEventListener("change", async () => {
    try {
      await speak(choice.value, { keep: true });
      announce(t("page.language.changed"));
    } catch {
      choice.value = language();
      announce(t("problem.offline"));
    }
  });
  return choice;
}
