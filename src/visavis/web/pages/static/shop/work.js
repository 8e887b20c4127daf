// One piece of work at the counter: what is to be done with which line, and who has to show that they may. It lives in the
// tab alone (`sessionStorage`), so that neither a page that is loaded again nor a tablet that was lent loses it; a holder's
// link is never part of it.

/** @typedef {"register" | "transfer" | "replace_sim" | "release" | "dispute"} ActName */
/** @typedef {"new" | "holder" | "receiver"} PartName */
/**
 * One person's part. `verification`: "" while none is open; `state`, `outcome`, `reasons`: as they were read last.
 * @typedef {{part: PartName, verification: string, state: string, outcome: string, reasons: {code: string, text: string}[],
 *   expires: string}} Part
 */
/**
 * `line`: its id, "" for a new one; `nonce` and `binding`: of the order, "" before it is made; `aside`: somebody else is
 * served meanwhile.
 * @typedef {{id: string, act: ActName, purpose: string, language: string, msisdn: string, iccid: string, line: string,
 *   nonce: string, binding: string, begun: string, aside: boolean, parts: Part[]}} Work
 */

const KEPT = "visavis-shop-works";
const MOST = 12;
const LONGEST_MS = 24 * 60 * 60 * 1000;

/** What each act asks for, and of whom. @type {Readonly<Record<ActName, {parts: readonly PartName[], card: boolean}>>} */
export const ACTS = Object.freeze({
  register: { parts: ["new"], card: true },
  transfer: { parts: ["holder", "receiver"], card: false },
  replace_sim: { parts: ["holder"], card: true },
  release: { parts: ["holder"], card: false },
  dispute: { parts: ["holder"], card: false },
});

/** States that go on by themselves, or by the customer. */
export const GOING_ON = new Set(["requested", "consented", "capturing", "submitted", "referred"]);

/** @param {ActName} act @returns {Work} */
export function newWork(act) {
  return {
    id: crypto.randomUUID(),
    act,
    purpose: "",
    language: "",
    msisdn: "",
    iccid: "",
    line: "",
    nonce: "",
    binding: "",
    begun: new Date().toISOString(),
    aside: false,
    parts: ACTS[act].parts.map((part) => ({ part, verification: "", state: "", outcome: "", reasons: [], expires: "" })),
  };
}

/** @param {Part} part */
export const isAccepted = (part) => part.state === "decided" && part.outcome === "accepted";

/** The part that is next, null where all have shown themselves. @param {Work} work */
export const nextPart = (work) => work.parts.find((part) => !isAccepted(part)) ?? null;

/** What was begun in this tab and is not over, the newest first. @returns {Work[]} */
export function keptWorks() {
  try {
    const found = /** @type {Work[]} */ (JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
    return found.filter((work) => Date.now() - Date.parse(work.begun) < LONGEST_MS && work.act in ACTS);
  } catch {
    return []; // nothing, or nothing that can be read: then there is nothing to go on with
  }
}

/** @param {Work} work */
export function keep(work) {
  write([work, ...keptWorks().filter((one) => one.id !== work.id)].slice(0, MOST));
}

/** @param {Work} work */
export const drop = (work) => write(keptWorks().filter((one) => one.id !== work.id));

/** @param {Work[]} works */
function write(works) {
  try {
    if (works.length) sessionStorage.setItem(KEPT, JSON.stringify(works));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // a browser that keeps nothing: it lasts as long as the page
  }
}
