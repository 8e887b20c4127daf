// What the catalogue of reasons says to the holder, said of them: for those who work with their verifications. A page that
// uses it names the words `said`.

import { knows, t } from "./words.js";

/** "" where a reason speaks to nobody in particular, and its own words will do. @param {string} code */
export function saidOf(code) {
  const key = `said.${code}`;
  return knows(key) ? t(key) : "";
}
