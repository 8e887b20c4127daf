// The words of the page, by language. Every text is set as text, never as markup.

const LANGUAGES = ["en", "zh-Hans"];
let words = {};

export async function loadLanguage(language) {
  const answer = await fetch(`words/${language}.json`);
  if (!answer.ok) throw new Error("words");
  words = await answer.json();
  document.documentElement.lang = language;
  document.title = word("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label));
  }
}

export function word(key, fill = {}) {
  let text = words[key] ?? words["error.other"] ?? key;
  for (const [name, value] of Object.entries(fill)) text = text.replace(`{${name}}`, () => String(value));
  return text;
}

export const knows = (key) => key in words;

/** The page's languages with their own names, and the one that this browser's user prefers. */
export async function languages() {
  const named = [];
  for (const language of LANGUAGES) {
    const answer = await fetch(`words/${language}.json`);
    named.push([language, (await answer.json())["language.name"]]);
  }
  const wanted = navigator.languages.map((one) => one.toLowerCase().split("-")[0]);
  const preferred = wanted.find((one) => LANGUAGES.some((language) => language.split("-")[0] === one));
  return { named, preferred: LANGUAGES.find((language) => language.split("-")[0] === preferred) ?? "en" };
}
