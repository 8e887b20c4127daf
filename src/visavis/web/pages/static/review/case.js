// One case on one screen: its pictures, its document, its evidence, and the verdict beside them. It is on the screen only
// while this reviewer has it: when their time is over, when it is closed, and when the page is left, everything of it goes.

import { announce } from "../shared/announce.js";
import { get, post, Problem } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { date, knows, live, liveBy, t } from "../shared/words.js";
import { address, countdown, span } from "./desk.js";
import { evidence } from "./evidence.js";
import { pictures } from "./pictures.js";
import { reading } from "./reading.js";
import { Verdict } from "./verdict.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./desk.js").Review} Review */
/** @typedef {{queue: () => void, next: () => void, again: () => void}} Ways */
/** @typedef {import("./keys.js").Keys} Keys */

const EVERY_MS = 8_000;
const WARNED_S = 120;
const LOST = new Set(["review_not_claimed", "review_closed"]);

/**
 * @param {HTMLElement} root
 * @param {string} id
 * @param {Desk} desk
 * @param {Ways} ways
 * @param {Keys} keys
 * @param {AbortSignal} left
 * @param {boolean} take whether it was asked to be taken
 */
export async function showCase(root, id, desk, ways, keys, left, take) {
  fill(root, h("p", { class: "waiting" }, live("review.loading")));
  const path = address(id);
  let review = /** @type {Review} */ (await get(path, { signal: left }));
  desk.setClock(review);
  const mine = review.claimed_by === desk.me.member;
  if (take && review.state !== "closed" && !mine) {
    try {
      review = await post(`${path}/claim`, undefined, { signal: left });
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 401 || error.status === 0) throw error;
      return refused(root, error, review, desk, ways);
    }
  }
  if (review.state === "closed") return showClosed(root, review, desk, ways, null);
  if (review.claimed_by !== desk.me.member) return showFree(root, review, desk, ways, () => void ways.again());
  await new OpenCase(root, review, desk, ways, keys, left).show();
}

class OpenCase {
  /** Ends with the case on the screen, before the view may. */
  #gone = new AbortController();
  #warned = false;

  /**
   * @param {HTMLElement} root
   * @param {Review} review
   * @param {Desk} desk
   * @param {Ways} ways
   * @param {Keys} keys
   * @param {AbortSignal} left
   */
  constructor(root, review, desk, ways, keys, left) {
    this.root = root;
    this.review = review;
    this.desk = desk;
    this.ways = ways;
    this.keys = keys;
    this.left = left;
    this.path = address(review.id);
    left.addEventListener("abort", () => this.#gone.abort());
  }

  async show() {
    const { review, desk } = this;
    const gone = this.#gone.signal;
    const verdict = new Verdict(review, { given: (after) => this.#given(after), failed: (error) => this.#failed(error) });
    this.looks = h("p", { class: "small faint looks" });
    this.time = h("span", { class: "time", role: "timer", "aria-live": "off" });
    const longer = h("button", { type: "button", class: "quiet", on: { click: () => void this.#keep() } }, icon("clock"), live("lease.longer"));
    const leave = h("button", { type: "button", class: "plain", on: { click: () => void this.#leave() } }, live("lease.leave"));
    const shown = pictures(review, this.path, gone);
    const facts = h("div", { class: "facts-place" });
    const found = h("div", { class: "found-place" });
    fill(
      this.root,
      h("div", { class: "case-head" }, backButton(this.ways), h("h1", null, live("case.title", { purpose: review.purpose_title })), h("p", { class: "lease" }, this.time, longer, leave)),
      h(
        "div",
        { class: "case" },
        h("div", { class: "case-main" }, review.kept.length ? shown.place : h("div", { class: "told warn" }, icon("info"), h("p", null, live("case.nothing_kept"))), facts, found),
        h("div", { class: "case-side" }, about(review, desk, []), verdict.place, this.keys.place, times(review), this.looks),
      ),
    );
    this.#keysOf(verdict, shown.focus);
    arrive(this.root);
    this.#tick();
    const ticking = setInterval(() => this.#tick(), 1000);
    gone.addEventListener("abort", () => clearInterval(ticking));
    desk.everySo(() => this.#look(), EVERY_MS, gone);
    const [read, proof] = await Promise.all([this.#kept("reading"), this.#kept("evidence")]);
    if (gone.aborted) return;
    facts.replaceChildren(reading(read, proof?.checks ?? []));
    found.replaceChildren(evidence(desk, proof, gone));
    await shown.seen;
    if (!gone.aborted) await this.#look();
  }

  /** Something that was kept; null where it was not, or cannot be shown. @param {string} what @returns {Promise<any>} */
  async #kept(what) {
    if (!this.review.kept.includes(what)) return null;
    try {
      return await get(`${this.path}/${what}`, { signal: this.#gone.signal });
    } catch (error) {
      if (!this.#gone.signal.aborted && !this.#failed(error)) this.desk.fail(error);
      return null;
    }
  }

  /** Whether it is still this reviewer's: the service is asked, since a holder may withdraw at any moment. */
  async #look() {
    const now = /** @type {Review} */ (await get(this.path, { signal: this.#gone.signal }));
    if (this.#gone.signal.aborted) return;
    this.desk.setClock(now);
    this.review = now;
    if (now.state === "closed") return this.#end(() => showClosed(this.root, now, this.desk, this.ways, "case.closed.now"));
    if (now.claimed_by !== this.desk.me.member) return this.#lost();
    if (this.looks) fill(this.looks, live("case.looks", { n: now.looks }));
  }

  #tick() {
    const left = (Date.parse(this.review.claimed_until ?? this.review.ends_at) - this.desk.now()) / 1000;
    if (left <= 0) return this.#lost();
    if (this.time) fill(this.time, icon("clock"), t("lease.left", { time: countdown(left) }));
    this.time?.classList.toggle("soon", left <= WARNED_S);
    if (left <= WARNED_S && !this.#warned) announce(t("lease.soon"));
    this.#warned = left <= WARNED_S;
  }

  async #keep() {
    try {
      this.review = await post(`${this.path}/claim`, undefined, { signal: this.#gone.signal });
      this.desk.setClock(this.review);
      this.#tick();
      announce(t("lease.kept"));
    } catch (error) {
      if (!this.#gone.signal.aborted && !this.#failed(error)) this.desk.fail(error);
    }
  }

  async #leave() {
    try {
      await post(`${this.path}/release`);
    } catch (error) {
      if (!(error instanceof Problem && LOST.has(error.code))) return this.desk.fail(error);
    }
    this.ways.queue();
  }

  /** @param {Review} after */
  #given(after) {
    this.#end(() => showThanks(this.root, after, this.desk, this.ways));
  }

  /** Whether an error says that the case is not this reviewer's any more; then that is shown. @param {unknown} error */
  #failed(error) {
    if (!(error instanceof Problem)) return false;
    if (error.status === 401) this.desk.fail(error);
    else if (error.code === "review_closed") void this.#look().catch(this.desk.fail);
    else if (LOST.has(error.code)) this.#lost();
    else return false;
    return true;
  }

  #lost() {
    const { review } = this;
    this.#end(() => {
      fill(
        this.root,
        h("section", { class: "card narrow" }, h("h1", null, live("lease.lost.title")), h("p", null, live("lease.lost.text")), choices([live("lease.lost.again"), () => this.ways.again()], [live("case.back"), () => this.ways.queue()])),
      );
      arrive(this.root);
      announce(t("lease.lost.title"));
    });
    this.desk.setClock(review);
  }

  /** Everything of the case goes, then the rest is shown. @param {() => void} show */
  #end(show) {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    basicKeys(this.keys, this.ways);
    show();
  }

  /** @param {Verdict} verdict @param {() => void} toPictures */
  #keysOf(verdict, toPictures) {
    const to = (/** @type {string} */ id) => () => document.getElementById(id)?.focus();
    this.keys.set(
      [
        { key: "p", label: live("keys.pictures"), run: toPictures },
        { key: "d", label: live("keys.document"), run: to("reading-title") },
        { key: "e", label: live("keys.evidence"), run: to("evidence-title") },
        { key: "a", label: live("keys.accept"), run: () => verdict.choose("accept") },
        { key: "r", label: live("keys.reject"), run: () => verdict.choose("reject") },
        { key: "c", label: live("keys.cannot_tell"), run: () => verdict.choose("cannot_tell") },
        { key: "x", label: live("keys.longer"), run: () => this.#keep() },
        { key: "l", label: live("keys.leave"), run: () => this.#leave() },
        { key: "q", label: live("keys.back"), run: () => this.ways.queue() },
      ],
      [h("li", null, h("kbd", null, live("keys.enter")), h("span", null, live("keys.enter.text")))],
    );
  }
}

/** @param {Keys} keys @param {Ways} ways */
export function basicKeys(keys, ways) {
  keys.set([
    { key: "n", label: live("keys.next"), run: () => ways.next() },
    { key: "q", label: live("keys.back"), run: () => ways.queue() },
  ]);
}

/** @param {Ways} ways */
const backButton = (ways) => h("button", { type: "button", class: "plain back", on: { click: () => ways.queue() } }, icon("back"), live("case.back"));

/** @param {...[import("../shared/words.js").Live, () => void]} all the first is the one that is meant */
function choices(...all) {
  return h("div", { class: "actions" }, all.map(([label, run], i) => h("button", { type: "button", class: i ? "quiet" : "", on: { click: run } }, label)));
}

/** Since when it waits, and until when. @param {Review} review */
const times = (review) => h("p", { class: "small faint" }, liveBy(() => t("case.waits", { span: span(review.waiting_seconds) })), " ", liveBy(() => t("case.until", { time: date(review.ends_at) })));

/** Why it is here, and how many decide. @param {Review} review @param {Desk} desk @param {import("../shared/dom.js").Child} [more] */
function about(review, desk, more = times(review)) {
  return h(
    "section",
    { class: "about card", "aria-labelledby": "about-title" },
    h("h2", { id: "about-title" }, live("case.why")),
    h("ul", { class: "why" }, review.reasons.map((reason) => h("li", null, liveBy(() => desk.said(reason))))),
    more,
    h("p", { class: "small persons" }, icon("person"), h("span", null, persons(review))),
  );
}

/** @param {Review} review */
function persons(review) {
  if (review.persons < 2) return live("case.persons.one");
  if (review.verdicts_given === 0) return live("case.persons.first");
  return review.verdicts_given === 1 ? live("case.persons.second") : live("case.persons.third");
}

/** A case that waits, before it is taken. @param {HTMLElement} root @param {Review} review @param {Desk} desk @param {Ways} ways @param {() => void} take */
function showFree(root, review, desk, ways, take) {
  const other = review.state === "claimed";
  fill(
    root,
    backButton(ways),
    h("section", { class: "card narrow" }, h("h1", null, live("case.title", { purpose: review.purpose_title })), h("p", null, other ? live("case.other") : live("case.take.text")), !other && choices([live("case.take"), take])),
    h("div", { class: "narrow" }, about(review, desk)),
  );
  arrive(root);
}

/** @param {HTMLElement} root @param {Problem} problem @param {Review} review @param {Desk} desk @param {Ways} ways */
function refused(root, problem, review, desk, ways) {
  fill(
    root,
    backButton(ways),
    h("section", { class: "card narrow" }, h("h1", null, live("case.title", { purpose: review.purpose_title })), h("div", { class: "told warn" }, icon("info"), h("p", null, liveBy(() => (problem.code === "review_given_already" ? t("case.given") : problemText(problem))))), choices([live("case.next"), ways.next], [live("case.back"), ways.queue])),
    h("div", { class: "narrow" }, about(review, desk)),
  );
  arrive(root);
}

/** @param {HTMLElement} root @param {Review} review @param {Desk} desk @param {Ways} ways */
function showThanks(root, review, desk, ways) {
  const closed = review.state === "closed";
  fill(
    root,
    h(
      "section",
      { class: "card narrow" },
      h("h1", null, live("verdict.given.title")),
      h("div", { class: "told good" }, icon("check"), h("p", null, closed ? live("verdict.given.closed") : live("verdict.given.open"))),
      closed && review.persons > 1 && opinions(review, desk),
      choices([live("case.next"), ways.next], [live("case.back"), ways.queue]),
    ),
  );
  arrive(root);
  announce(t("verdict.given.title"));
}

/** @param {HTMLElement} root @param {Review} review @param {Desk} desk @param {Ways} ways @param {"case.closed.now" | null} note */
function showClosed(root, review, desk, ways, note) {
  const end = liveBy(() => (review.end && knows(`end.${review.end}`) ? t(`end.${review.end}`) : (review.end ?? "")));
  fill(
    root,
    backButton(ways),
    h(
      "section",
      { class: "card narrow" },
      h("h1", null, live("case.closed.title")),
      note && h("div", { class: "told warn" }, icon("info"), h("p", null, live(note))),
      h("p", null, h("span", { class: "tag" }, end), " ", liveBy(() => date(review.closed_at ?? review.ends_at))),
      opinions(review, desk),
      choices([live("case.next"), ways.next]),
    ),
    h("div", { class: "narrow" }, about(review, desk)),
  );
  arrive(root);
  if (note) announce(t(note));
}

/** What each said, once nobody is asked any more. @param {Review} review @param {Desk} desk */
function opinions(review, desk) {
  const given = review.opinions ?? [];
  if (!given.length) return h("p", { class: "faint" }, live("case.closed.nobody"));
  const one = (/** @type {import("./desk.js").Opinion} */ opinion) =>
    h(
      "li",
      null,
      h("strong", null, liveBy(() => (knows(`verdict.${opinion.verdict}`) ? t(`verdict.${opinion.verdict}`) : opinion.verdict))),
      h("span", null, liveBy(() => (knows(`verdict.reason.${opinion.reason.code}`) ? t(`verdict.reason.${opinion.reason.code}`) : desk.said(opinion.reason)))),
      opinion.note && h("q", { dir: "auto" }, opinion.note),
      h("span", { class: "small faint" }, liveBy(() => t("case.closed.by", { who: opinion.reviewer === desk.me.member ? t("case.closed.you") : opinion.reviewer, time: date(opinion.given_at) }))),
    );
  return [h("h2", null, live("case.closed.said")), h("ul", { class: "opinions" }, given.map(one))];
}
