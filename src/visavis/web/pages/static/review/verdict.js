// The verdict: what, why, and if need be a word. Keyboard first, and never by one key: a reason is chosen, then the button is
// pressed that says what it does.

import { announce } from "../shared/announce.js";
import { post, Problem } from "../shared/api.js";
import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { live, liveBy, t } from "../shared/words.js";
import { address } from "./desk.js";

/** @typedef {import("./desk.js").Review} Review */

const REASONS = /** @type {Record<string, string[]>} */ ({
  accept: ["reviewed_same_person", "reviewed_explained"],
  reject: ["reviewed_other_person", "reviewed_document_suspect", "reviewed_not_present", "reviewed_not_free"],
  cannot_tell: ["reviewed_pictures_poor", "reviewed_unclear"],
});
const KEYS = /** @type {Record<string, string>} */ ({ accept: "A", reject: "R", cannot_tell: "C" });
const ICONS = /** @type {Record<string, string>} */ ({ accept: "check", reject: "cross", cannot_tell: "question" });
const MOST_NOTE = 280;
const OF_THE_NOTE = new Set(["review_note_invalid", "review_note_personal"]);

export class Verdict {
  #chosen = "";
  /** One verdict, however often it must be sent. */
  #once = crypto.randomUUID();

  /**
   * @param {Review} review
   * @param {{given: (review: Review) => void, failed: (error: unknown) => boolean}} then `failed`: whether it is dealt with
   */
  constructor(review, then) {
    this.review = review;
    this.then = then;
    this.reasons = h("fieldset", { class: "reasons", hidden: true });
    this.note = h("input", { type: "text", id: "note", maxlength: String(MOST_NOTE), autocomplete: "off", spellcheck: "true", "aria-describedby": "note-hint" });
    this.noteWrong = h("p", { class: "wrong", id: "note-wrong", hidden: true });
    this.wrong = h("p", { class: "wrong", role: "alert", hidden: true });
    this.button = h("button", { type: "submit" }, liveBy(() => (this.#chosen ? t(`verdict.give.${this.#chosen}`) : t("verdict.give"))));
    this.form = h(
      "form",
      { class: "verdict-form", novalidate: true, on: { submit: (/** @type {Event} */ event) => this.#give(event) } },
      h("div", { class: "verdicts", role: "radiogroup", "aria-labelledby": "verdict-title" }, Object.keys(REASONS).map((which) => this.#choice(which))),
      !review.acceptable && h("p", { class: "hint", id: "not-acceptable" }, live("verdict.not_acceptable")),
      this.reasons,
      h("div", { class: "field" }, h("label", { for: "note" }, live("verdict.note")), h("p", { class: "hint", id: "note-hint" }, live("verdict.note.hint")), this.noteWrong, this.note),
      this.wrong,
      h("p", { class: "hint" }, live("verdict.final")),
      h("div", { class: "actions" }, this.button),
    );
    this.place = h("section", { class: "verdict card", "aria-labelledby": "verdict-title" }, h("h2", { id: "verdict-title", tabindex: "-1" }, live("verdict.title")), this.form);
    this.note.addEventListener("input", () => this.#noteIs(""));
  }

  /** By a key: what, and on to why. @param {string} which */
  choose(which) {
    const input = this.form.querySelector(`input[name="verdict"][value="${which}"]`);
    if (!(input instanceof HTMLInputElement)) return;
    if (input.disabled) return announce(t("verdict.not_acceptable"));
    input.checked = true;
    this.#show(which);
    const first = this.reasons.querySelector("input");
    if (first) first.focus();
  }

  /** @param {string} which */
  #choice(which) {
    const barred = which === "accept" && !this.review.acceptable;
    const input = h("input", { type: "radio", name: "verdict", value: which, disabled: barred, "aria-describedby": barred ? "not-acceptable" : null });
    input.addEventListener("change", () => this.#show(which));
    const text = h("span", null, h("strong", null, icon(ICONS[which] ?? "info"), live(`verdict.${which}`), h("kbd", { "aria-hidden": "true" }, KEYS[which])), h("span", { class: "hint" }, live(`verdict.${which}.hint`)));
    return h("label", { class: `choice verdict-${which}` }, input, text);
  }

  /** The reasons that fit. @param {string} which */
  #show(which) {
    if (this.#chosen === which) return;
    this.#chosen = which;
    this.#say("");
    this.button.replaceChildren(h("span", null, live(`verdict.give.${which}`)));
    this.button.className = which === "reject" ? "grave" : "";
    const choices = (REASONS[which] ?? []).map((code) => {
      const input = h("input", { type: "radio", name: "reason", value: code });
      const hint = code === "reviewed_not_free" && h("span", { class: "hint" }, live("verdict.reason.reviewed_not_free.hint"));
      return h("label", { class: "choice" }, input, h("span", null, live(`verdict.reason.${code}`), hint));
    });
    this.reasons.hidden = false;
    this.reasons.replaceChildren(h("legend", null, live("verdict.why")), ...choices);
    this.reasons.onkeydown = (event) => this.#enter(event);
    this.reasons.onchange = () => this.#say("");
  }

  /** Enter on a reason chooses it and goes to the button; a second one, there, gives the verdict. @param {KeyboardEvent} event */
  #enter(event) {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    event.target.checked = true;
    this.#say("");
    this.button.focus();
  }

  /** @param {Event} event */
  async #give(event) {
    event.preventDefault();
    const told = new FormData(this.form);
    const reason = told.get("reason");
    if (!this.#chosen) return this.#ask(t("verdict.choose"), 'input[name="verdict"]:enabled');
    if (typeof reason !== "string") return this.#ask(t("verdict.choose.reason"), 'input[name="reason"]');
    const body = { verdict: this.#chosen, reason, note: this.note.value.trim() };
    this.button.setAttribute("aria-disabled", "true");
    if (this.#sending) return;
    this.#sending = true;
    try {
      this.then.given(await post(`${address(this.review.id)}/verdict`, body, { again: true, headers: { "Idempotency-Key": this.#once } }));
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#sending = false;
      this.button.removeAttribute("aria-disabled");
    }
  }

  #sending = false;

  /** @param {unknown} error */
  #refused(error) {
    this.#once = crypto.randomUUID(); // what is sent next is another one
    if (this.then.failed(error)) return;
    const text = problemText(error);
    if (error instanceof Problem && OF_THE_NOTE.has(error.code)) {
      this.#noteIs(text);
      this.note.focus();
    } else this.#say(text);
  }

  /** @param {string} text @param {string} where */
  #ask(text, where) {
    this.#say(text);
    const input = this.form.querySelector(where);
    if (input instanceof HTMLElement) input.focus();
  }

  /** @param {string} text */
  #say(text) {
    this.wrong.textContent = text;
    this.wrong.hidden = !text;
  }

  /** What is wrong with the note, at the note. @param {string} text */
  #noteIs(text) {
    this.noteWrong.textContent = text;
    this.noteWrong.hidden = !text;
    if (text) this.note.setAttribute("aria-invalid", "true");
    else this.note.removeAttribute("aria-invalid");
    this.note.setAttribute("aria-describedby", text ? "note-wrong note-hint" : "note-hint");
    if (text) announce(text);
  }
}
