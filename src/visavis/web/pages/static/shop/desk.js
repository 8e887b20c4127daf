// What the screens of the shop's page share: the piece of work, the links that are still good, and the way to the service,
// which waits behind the lock where the clerk's session is over, and then does what was asked.

import { get, post, Problem } from "../shared/api.js";
import { language } from "../shared/words.js";
import { ACTS, drop, keep } from "./work.js";

/** @typedef {import("./work.js").Work} Work */
/** @typedef {import("./work.js").Part} Part */
/**
 * @typedef {{purpose: string, title: string, parts: string[], minutes: number, in_person: string[]}} Purpose
 * @typedef {{id: string, status: string, disputed: boolean, registered_at: string, changed_at: string, msisdn?: string,
 *   iccid?: string}} Line
 * @typedef {{code: string, text: string, what_to_do: string}} Reason
 * @typedef {{id: string, state: string, outcome?: string, opened_at: string, changed_at: string, expires_at: string,
 *   labels: Record<string, string>, used_at?: string, holder_url?: string, decision?: {reasons: Reason[]}}} Verification
 * @typedef {{url: string, picture: string}} Link `picture`: its code, as the address of a picture
 * @typedef {{type: string, issuing_state: string, number: string, expires: string | null}} Shown
 */

const PLACE = "shop";

export class Desk {
  /**
   * @param {{signInAgain: () => Promise<void>, party: string, root: HTMLElement}} parts `root`: where screens are shown
   */
  constructor({ signInAgain, party, root }) {
    this.signInAgain = signInAgain;
    this.party = party;
    this.root = root;
    /** @type {Purpose[]} */
    this.purposes = [];
    /** The work that is on the screen, by its id. */
    this.serving = "";
    /** Called when something of the day's list is another than before. */
    this.changed = () => {};
    /** By verification; in memory alone. @type {Map<string, Link>} */
    this.links = new Map();
  }

  /**
   * Does it, and where nobody is signed in any more does it again after somebody is.
   * @template T
   * @param {() => Promise<T>} act
   * @returns {Promise<T>}
   */
  async asked(act) {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 401) throw error;
        await this.signInAgain();
      }
    }
  }

  async learnPurposes() {
    const told = await this.asked(() => get("/v1/line-purposes"));
    this.purposes = told.items;
  }

  /** Those that are good for all who take part in an act. @param {import("./work.js").ActName} act @returns {Purpose[]} */
  purposesFor(act) {
    return this.purposes.filter((one) => ACTS[act].parts.every((part) => one.parts.includes(part)));
  }

  /** @param {Work} work */
  purposeOf(work) {
    return this.purposes.find((one) => one.purpose === work.purpose) ?? null;
  }

  /** The active line of a number, null where there is none. @param {string} msisdn @returns {Promise<Line | null>} */
  async findLine(msisdn) {
    try {
      return await this.asked(() => post("/v1/line-search", { msisdn }, { again: true }));
    } catch (error) {
      if (error instanceof Problem && error.code === "line_unknown") return null;
      throw error;
    }
  }

  /** Makes the order that the customers approve. @param {Work} work */
  async order(work) {
    const { act, line, msisdn, iccid, nonce } = work;
    const what = act === "register" ? { msisdn, iccid } : act === "replace_sim" ? { line, iccid } : { line };
    const made = await this.asked(() => post("/v1/line-orders", { act, ...what, ...(nonce ? { nonce } : {}) }, { again: true }));
    work.nonce = made.nonce;
    work.binding = made.binding;
    keep(work);
  }

  /** Opens the verification of a part. @param {Work} work @param {Part} part */
  async open(work, part) {
    const body = {
      purpose: work.purpose,
      binding: work.binding,
      language: work.language || language(),
      labels: { place: PLACE, act: work.act, part: part.part },
    };
    const opened = /** @type {Verification} */ (await this.once("/v1/verifications", body));
    this.note(work, part, opened);
    const url = opened.holder_url ?? "";
    const { qr_svg: code } = await this.asked(() => post("/v1/holder-link-code", { holder_url: url }, { again: true }));
    this.links.set(opened.id, { url, picture: `data:image/svg+xml,${encodeURIComponent(code)}` });
  }

  /** How a part stands. @param {Work} work @param {Part} part @param {AbortSignal} [signal] */
  async read(work, part, signal) {
    this.note(work, part, await this.asked(() => get(`/v1/verifications/${part.verification}`, signal ? { signal } : {})));
  }

  /** @param {Work} work @param {Part} part @param {Verification} told */
  note(work, part, told) {
    const news = part.verification !== told.id || part.state !== told.state;
    part.verification = told.id;
    part.state = told.state;
    part.outcome = told.outcome ?? "";
    part.expires = told.expires_at;
    part.reasons = (told.decision?.reasons ?? []).map(({ code, text }) => ({ code, text }));
    if (told.state !== "requested") this.links.delete(told.id);
    keep(work);
    if (news) this.changed();
  }

  /** The customer does it another way. @param {Work} work @param {Part} part */
  async takeAlternative(work, part) {
    this.note(work, part, await this.once(`/v1/verifications/${part.verification}/alternative`));
  }

  /** @param {Work} work @param {Part} part @param {Shown} shown @param {string[]} checks @param {"accept" | "reject"} verdict */
  async checkInPerson(work, part, shown, checks, verdict) {
    const body = { document: shown, checks, verdict };
    const path = `/v1/verifications/${part.verification}/in-person-check`;
    this.note(work, part, await this.asked(() => post(path, body, { again: true })));
  }

  /** Ends what is open of a part; what is over already stays as it ended. @param {Part} part */
  async cancel(part) {
    if (!part.verification) return;
    try {
      await this.once(`/v1/verifications/${part.verification}/cancel`);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409) throw error;
    }
    this.links.delete(part.verification);
    this.changed();
  }

  /** Carries the order out. @param {Work} work @returns {Promise<Line>} */
  async carryOut(work) {
    const { act, msisdn, iccid, line, nonce } = work;
    const [first, second] = work.parts.map((part) => part.verification);
    const asked = {
      register: () => this.once("/v1/lines", { msisdn, iccid, nonce, verification: first }),
      transfer: () => this.once(`/v1/lines/${line}/transfer`, { nonce, giver: first, receiver: second }),
      replace_sim: () => this.once(`/v1/lines/${line}/replace-sim`, { iccid, nonce, verification: first }),
      release: () => this.once(`/v1/lines/${line}/release`, { nonce, verification: first }),
      dispute: () => this.once(`/v1/lines/${line}/dispute`, { nonce, verification: first }),
    };
    const done = await asked[act]();
    drop(work);
    this.changed();
    return done;
  }

  /** What was opened at the counter since a moment, the newest first. @param {Date} since @returns {Promise<Verification[]>} */
  async openedSince(since) {
    const found = [];
    for (let cursor = ""; ; ) {
      const page = await this.asked(() => get(`/v1/verifications?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`));
      const fresh = page.items.filter((/** @type {Verification} */ one) => new Date(one.opened_at) >= since);
      found.push(...fresh.filter((/** @type {Verification} */ one) => one.labels.place === PLACE));
      cursor = page.next_cursor ?? "";
      if (!cursor || fresh.length < page.items.length || found.length >= 200) return found;
    }
  }

  /**
   * A change, once, however often its answer is lost.
   * @param {string} path
   * @param {unknown} [body]
   */
  once(path, body) {
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    return this.asked(() => post(path, body, { headers, again: true }));
  }
}
