// What was read of the document, for its holder to look at; and the little of it that they may mend.

import { post, Problem } from "../shared/api.js";
import { announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { date, knows, live, liveBy, onLanguage, t } from "../shared/words.js";
import { readReasons } from "./context.js";

/** @typedef {import("./context.js").Context} Context */
/**
 * @typedef {{name: string, label: string, value: string, place: string, doubtful: boolean, proven: boolean, correctable: boolean,
 *   corrected?: boolean}} Field
 */
/**
 * `POST /h/v1/document`.
 * @typedef {{kind?: string, fields: Field[], problems: {code: string}[], portrait_found: boolean, reading?: string | null,
 *   uploads_left: number}} Answer
 */

const WHOLE_DAY = /^\d{4}-\d\d-\d\d$/;
const LONGEST = 100;

/**
 * @param {HTMLElement} root
 * @param {Context} context
 * @param {Answer} answer
 * @param {boolean} otherHelps whether the other side of the document would tell more
 * @returns {Promise<"on" | "again" | "other">} `other`: the other side, to what there is
 */
export function shown(root, context, answer, otherHelps) {
  return new Promise((resolve) => {
    const good = Boolean(answer.reading);
    const problems = h("ul", { class: "reasons" });
    const tell = () => void list(problems, answer, context.left);
    tell();
    onLanguage(tell, context.left);
    const again = h("button", { type: "button", class: good ? "quiet" : "", on: { click: () => resolve("again") } }, icon("camera"), live("document.again"));
    const other = h("button", { type: "button", class: good ? "quiet" : "", on: { click: () => resolve("other") } }, icon("card"), live("document.other"));
    fill(
      root,
      h("h1", {}, live(good ? "document.read.title" : "document.not_read.title")),
      h("p", { class: "lead" }, live(good ? "document.read.lead" : "document.not_read.lead")),
      answer.problems.length ? problems : null,
      answer.fields.length ? fields(answer, context) : null,
      h(
        "div",
        { class: "actions doc-on" },
        good ? h("button", { type: "button", id: "document-on", on: { click: () => resolve("on") } }, icon("on"), live("document.on")) : null,
        otherHelps ? other : null,
        answer.uploads_left > 0 ? again : null,
      ),
      answer.uploads_left > 0 ? null : h("p", { class: "told warn" }, icon("info"), live("document.problem.uploads_used_up")),
      good ? h("p", { class: "hint" }, live("document.read.hint")) : null,
    );
    arrive(root);
  });
}

/** @param {HTMLElement} place @param {Answer} answer @param {AbortSignal} signal */
async function list(place, answer, signal) {
  const reasons = await readReasons().catch(() => null);
  if (signal.aborted || !reasons) return;
  fill(
    place,
    answer.problems.map(({ code }) => {
      const reason = reasons[code];
      return reason ? h("li", { data: { code } }, h("p", {}, reason.text), reason.advice ? h("p", { class: "hint" }, reason.advice) : null) : null;
    }),
  );
}

/** @param {Answer} answer @param {Context} context */
function fields(answer, context) {
  const open = answer.fields.some((field) => field.correctable);
  return h(
    "section",
    { class: "card doc-read", "aria-label": live("document.read.fields") },
    h("ul", { class: "doc-fields" }, answer.fields.map((field) => row(field, answer, context))),
    answer.reading ? h("p", { class: "hint" }, live(open ? "document.correct.only" : "document.correct.none")) : null,
  );
}

/** @param {Field} field @param {Answer} answer @param {Context} context */
function row(field, answer, context) {
  const place = h("li", { data: { field: field.name } });
  const draw = (/** @type {boolean} */ focused) => {
    const mend = field.correctable
      ? h(
          "button",
          { type: "button", class: "plain", "aria-label": liveBy(() => t("document.correct.of", { field: t(`document.field.${field.name}`) })), on: { click: edit } },
          live("document.correct"),
        )
      : null;
    fill(
      place,
      h("span", { class: "doc-label" }, live(`document.field.${field.name}`)),
      h("span", { class: "doc-value" }, h("bdi", {}, liveBy(() => readable(field))), " ", mark(field)),
      mend,
    );
    if (focused) mend?.focus();
  };
  const edit = () => fill(place, form(field, answer, context, draw));
  draw(false);
  return place;
}

/** @param {Field} field */
function mark(field) {
  if (field.corrected) return h("span", { class: "tag" }, live("document.mark.corrected"));
  if (field.proven) return h("span", { class: "tag good" }, live("document.mark.proven"));
  return field.doubtful ? h("span", { class: "tag warn" }, live("document.mark.doubtful")) : null;
}

/** @param {Field} field */
function readable({ name, value }) {
  if (name === "document_type" && knows(`document.type.${value}`)) return t(`document.type.${value}`);
  return WHOLE_DAY.test(value) ? date(`${value}T00:00:00Z`, { dateStyle: "long", timeZone: "UTC" }) : value;
}

/**
 * @param {Field} field
 * @param {Answer} answer
 * @param {Context} context
 * @param {(focused: boolean) => void} over shows it as it is
 */
function form(field, answer, context, over) {
  const id = `document-${field.name}`;
  const wrong = h("p", { class: "wrong", id: `${id}-wrong`, role: "alert", hidden: true });
  const input = h("input", {
    id,
    type: "text",
    value: field.value,
    maxlength: LONGEST,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    "aria-describedby": `${id}-hint ${id}-wrong`,
  });
  const save = h("button", { type: "submit" }, live("document.correct.save"));
  const refused = (/** @type {unknown} */ error) => {
    if (error instanceof Problem && (error.status === 401 || error.status === 409)) return context.go("next");
    const code = error instanceof Problem ? error.code : "";
    fill(wrong, knows(`document.problem.${code}`) ? live(`document.problem.${code}`) : problemText(error));
    wrong.hidden = false;
    input.setAttribute("aria-invalid", "true");
    save.disabled = false;
    input.focus();
  };
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (save.disabled) return;
    const text = input.value.trim();
    if (text === field.value) return over(true);
    save.disabled = true;
    try {
      const told = await post(
        "/h/v1/document/correct",
        { reading: answer.reading, corrections: { [field.name]: text || field.value } },
        { signal: context.left, again: true },
      );
      context.reading = answer.reading = told.reading;
      for (const one of answer.fields) {
        one.value = told.values[one.name] ?? one.value;
        one.corrected = told.corrected.includes(one.name);
      }
      announce(t("document.correct.done"));
      over(true);
    } catch (error) {
      if (!context.left.aborted) refused(error);
    }
  };
  const made = h(
    "form",
    { class: "doc-form", novalidate: true, on: { submit: send } },
    h("label", { for: id }, live(`document.field.${field.name}`)),
    h("p", { class: "hint", id: `${id}-hint` }, live("document.correct.hint")),
    input,
    wrong,
    h(
      "div",
      { class: "actions" },
      save,
      h("button", { type: "button", class: "quiet", on: { click: () => over(true) } }, live("document.correct.cancel")),
    ),
  );
  made.addEventListener("keydown", (event) => {
    if (event.key === "Escape") over(true);
  });
  queueMicrotask(() => {
    input.focus();
    input.select();
  });
  return made;
}
