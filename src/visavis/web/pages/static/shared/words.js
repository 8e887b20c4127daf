// What the page says, in the holder's language. A text that stays on the page is made with `live`, and follows when the
// language changes; one that is used at once, as in an announcement, with `t`.

/** @typedef {Record<string, string | number>} Values */
/** @typedef {{tag: string, name: string, dir: string, address: string, integrity: string}} Language */

const KEPT = "visavis-language";
const MARK = /\{([a-z_]+)\}/g;
/** Of Chinese: who reads these scripts is better served by English than by the script of others. */
const OTHER_SCRIPTS = new Set(["hant", "tw", "hk", "mo"]);

/** @type {Record<string, string>} */
let words = {};
let present = "en";
/** @type {{node: WeakRef<Node>, say: (node: Node) => void}[]} */
let bound = [];
/** @type {Set<(language: string) => unknown>} */
const followers = new Set();

/** A text that follows the language: a child or an attribute of `h`. */
export class Live {
  /** @param {() => string} say */
  constructor(say) {
    this.say = say;
  }
}

/**
 * The words of a key. `{name}` is filled from `values`, numbers as the language writes them. Where the key itself has no
 * words and `values.n` is a number, those of its plural: `key.one`, `key.other`, and what else a language has.
 * @param {string} key
 * @param {Values} [values]
 */
export function t(key, values = {}) {
  let text = words[key];
  if (text === undefined && typeof values.n === "number") {
    const rules = made(`plural ${present}`, () => new Intl.PluralRules(present));
    text = words[`${key}.${rules.select(values.n)}`] ?? words[`${key}.other`];
  }
  if (text === undefined) {
    console.error(`no words for ${key}`);
    return key;
  }
  return text.replace(MARK, (mark, name) => {
    const value = values[name];
    if (value === undefined) return mark;
    return typeof value === "number" ? number(value) : value;
  });
}

/** Whether there are words of that very key. @param {string} key */
export const knows = (key) => key in words;

/**
 * @param {string} key
 * @param {Values} [values]
 */
export const live = (key, values) => new Live(() => t(key, values));

/** Made anew by `say` with each change of the language: a date, or words chosen by more than a key. @param {() => string} say */
export const liveBy = (say) => new Live(say);

/**
 * Lets `node` follow the language as long as it is there; for `shared/dom.js`.
 * @template {Node} N
 * @param {N} node
 * @param {(node: N) => void} say
 */
export function follow(node, say) {
  say(node);
  bound.push({ node: new WeakRef(node), say: /** @type {(node: Node) => void} */ (say) });
}

export const language = () => present;

/** The same, with the country of this browser's user where they have one: how dates and numbers are written. */
function locale() {
  const main = present.split("-")[0];
  return navigator.languages.find((tag) => tag.split("-")[0] === main) ?? present;
}

/** The languages that this page can be read in. @returns {Language[]} */
export function languages() {
  return [...document.querySelectorAll('meta[name="words"]')].map((meta) => {
    const { language: tag = "", name = "", dir = "", integrity = "" } = /** @type {HTMLMetaElement} */ (meta).dataset;
    return { tag, name, dir, integrity, address: /** @type {HTMLMetaElement} */ (meta).content };
  });
}

/** The one chosen here before, else the one that serves this browser's user best. */
export function wantedLanguage() {
  const there = languages().map((one) => one.tag);
  const kept = stored();
  if (kept && there.includes(kept)) return kept;
  for (const tag of navigator.languages) {
    const [main = "", ...rest] = tag.toLowerCase().split("-");
    if (main === "zh" && rest.some((part) => OTHER_SCRIPTS.has(part))) continue;
    const near = there.find((one) => one.toLowerCase().split("-")[0] === main);
    if (near) return near;
  }
  return there[0] ?? "en";
}

/**
 * Loads the words of a language and says everything in it. Throws where they cannot be loaded; then all stays as it is.
 * @param {string} tag
 * @param {{keep?: boolean}} [options] `keep`: it was chosen, so that it is taken next time too
 */
export async function speak(tag, { keep = false } = {}) {
  const chosen = languages().find((one) => one.tag === tag);
  if (!chosen) throw new Error(`no language ${tag}`);
  const answer = await fetch(chosen.address, { integrity: chosen.integrity, cache: "no-cache" });
  if (!answer.ok) throw new Error(`no words in ${tag}`);
  words = await answer.json();
  present = tag;
  document.documentElement.lang = tag;
  document.documentElement.dir = chosen.dir;
  if (keep) store(tag);
  sayAgain();
  for (const follower of followers) follower(tag);
}

/** Everything that follows the language is said anew: where what it says came from the service, and came again. */
export function sayAgain() {
  const there = [];
  for (const one of bound) {
    const node = one.node.deref();
    if (node === undefined) continue;
    one.say(node);
    there.push(one);
  }
  bound = there;
}

/**
 * Calls `follower` after each change of the language, until `signal`.
 * @param {(language: string) => unknown} follower
 * @param {AbortSignal} [signal]
 */
export function onLanguage(follower, signal) {
  followers.add(follower);
  signal?.addEventListener("abort", () => followers.delete(follower));
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options) {
  const tag = locale();
  return made(`number ${tag} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(tag, options)).format(value);
}

/** @param {string | number | Date} when @param {Intl.DateTimeFormatOptions} [options] */
export function date(when, options = { dateStyle: "medium", timeStyle: "short" }) {
  const tag = locale();
  return made(`date ${tag} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(tag, options)).format(new Date(when));
}

/** What writes numbers and dates: it costs far more to make than to use. @type {Map<string, any>} */
const makers = new Map();

/** @template T @param {string} name @param {() => T} make @returns {T} */
function made(name, make) {
  if (!makers.has(name)) makers.set(name, make());
  return makers.get(name);
}

/** `a, b and c`. @param {string[]} items */
export const listed = (items) => new Intl.ListFormat(present, { type: "conjunction" }).format(items);

function stored() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // a browser that keeps nothing
  }
}

/** @param {string} tag */
function store(tag) {
  try {
    localStorage.setItem(KEPT, tag);
  } catch {
    // it is asked again next time
  }
}
