// What a page says of a refusal: words of its own by code where it has some, else by what kind it is.

import { Problem } from "./api.js";
import { knows, t } from "./words.js";

/**
 * In one or two sentences: what is wrong, and what to do.
 * @param {unknown} error
 */
export function problemText(error) {
  if (!(error instanceof Problem)) return t("problem.other");
  if (knows(`problem.${error.code}`)) return t(`problem.${error.code}`, { n: error.retryAfter ?? 1 });
  if (error.status === 429) return t("problem.rate_limited");
  if (error.status === 401) return t("problem.signed_out");
  return t("problem.other");
}
