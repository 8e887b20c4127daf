// The numbers of a line, as people type them and as a card's code bears them. The service checks them again; here they are
// checked while they can still be corrected without asking anybody.

/** @typedef {{text: string, problem: string}} Typed `problem`: a key of the words, "" where the number is right */

const E164 = /^\+[1-9][0-9]{6,14}$/;
const COUNTRY = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3})([0-9]+)$/;
const CARD = /^89[0-9]{16,18}$/;
const CHECKED_FROM = 19;
const DOUBLED = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];

/**
 * A telephone number with its country code (ITU-T E.164, clause 6), as people write it; `00` in front is taken for `+`.
 * @param {string} typed
 * @returns {Typed}
 */
export function readMsisdn(typed) {
  const plain = typed.normalize("NFKC").replace(/[\s.()/-]/g, "");
  const text = plain.replace(/^00/, "+");
  if (!text) return { text, problem: "shop.msisdn.missing" };
  if (/^[0-9]+$/.test(text)) return { text, problem: "shop.msisdn.country" };
  return { text, problem: E164.test(text) ? "" : "shop.msisdn.wrong" };
}

/**
 * The number of a SIM card (ITU-T E.118): 18 to 20 digits, of which 19 and 20 end in a check digit. The filler that some
 * cards print behind it is left out.
 * @param {string} typed
 * @returns {Typed}
 */
export function readIccid(typed) {
  const text = typed.normalize("NFKC").replace(/[\s-]/g, "").replace(/F$/i, "");
  if (!text) return { text, problem: "shop.iccid.missing" };
  if (!CARD.test(text)) return { text, problem: "shop.iccid.wrong" };
  return { text, problem: text.length < CHECKED_FROM || luhnSum(text) % 10 === 0 ? "" : "shop.iccid.digit" };
}

/**
 * The card's number in what a code says, which may say more; "" where there is none that is right.
 * @param {string} code
 */
export function iccidIn(code) {
  const found = code.replace(/[\s-]/g, "").match(/89[0-9]{16,18}(?=F?(?![0-9]))/i);
  return found && readIccid(found[0]).problem === "" ? found[0] : "";
}

/** ISO/IEC 7812-1 annex B: from the right, every second digit doubled, and its two digits added. @param {string} digits */
export function luhnSum(digits) {
  return [...digits].reverse().reduce((sum, digit, place) => sum + (place % 2 ? (DOUBLED[Number(digit)] ?? 0) : Number(digit)), 0);
}

/** The last four digits, by which a card is told from another without being shown. @param {string} iccid */
export const cardEnd = (iccid) => `…${iccid.slice(-4)}`;

/**
 * In groups that can be read aloud: the country's code (ITU-T E.164), then threes, or as of eleven digits 138 0000 0001.
 * @param {string} msisdn
 */
export function spoken(msisdn) {
  const [, country = "", rest = ""] = COUNTRY.exec(msisdn) ?? [];
  const groups = rest.match(rest.length === 11 ? /^\d{3}|\d{4}/g : /\d{3}(?=\d{2})|\d+/g) ?? [];
  return groups.length ? [`+${country}`, ...groups].join(" ") : msisdn;
}
