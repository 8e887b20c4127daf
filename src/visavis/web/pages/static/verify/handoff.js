// Going on with another device: the code that it scans, and what this device shows from then on.

import { get, post } from "../shared/api.js";
import { announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { live, onLanguage, t } from "../shared/words.js";
import { changed, pause } from "./following.js";

/** @typedef {import("./context.js").Context} Context */

const ASK_MS = 1500;
const STATES = ["requested", "consented", "capturing", "submitted"];

/** The code that both devices show, as this one gave it. @type {WeakMap<Context, string>} */
const given = new WeakMap();

/** @type {import("./context.js").Show} */
export async function show(root, context) {
  const { left } = context;
  const link = await post("/h/v1/handoff", undefined, { signal: left });
  given.set(context, link.code);
  await new Promise((/** @type {(done: void) => void} */ done, fail) => {
    fill(
      root,
      h("h1", {}, live("handoff.title")),
      h("p", { class: "lead" }, live("handoff.text")),
      h("img", {
        class: "qr",
        src: `data:image/svg+xml,${encodeURIComponent(link.qr_svg)}`,
        alt: live("handoff.qr"),
        width: "264",
        height: "264",
      }),
      h("p", { class: "code" }, live("handoff.code"), " ", h("strong", {}, link.code)),
      h("p", { class: "hint" }, live("handoff.hint")),
      h("p", { class: "actions" }, h("button", { type: "button", class: "quiet", id: "back", on: { click: () => done() } }, icon("back"), live("handoff.back"))),
    );
    arrive(root);
    taken(left).then(done, (error) => (left.aborted ? undefined : fail(error)));
  });
}

/** Once the other device opened it. @param {AbortSignal} left */
async function taken(left) {
  for (;;) {
    await pause(ASK_MS, left);
    const entry = await get("/h/v1/session", { signal: left });
    if (!entry.may_act) return;
  }
}

/** This device follows, and does nothing. @type {import("./context.js").Show} */
export async function watch(root, context) {
  const draw = () => {
    watching(root, context);
    announce(t(`watch.${stateOf(context)}`));
  };
  draw();
  arrive(root);
  onLanguage(() => void context.refresh().then(() => watching(root, context), () => undefined), context.left);
  await changed(context, draw);
}

/** @param {Context} context */
const stateOf = (context) => (context.status.state === "referred" ? "referred" : (STATES.find((state) => state === context.status.state) ?? "requested"));

/** @param {HTMLElement} root @param {Context} context */
function watching(root, context) {
  const code = given.get(context);
  const at = context.status.state === "referred" ? STATES.length : STATES.indexOf(stateOf(context));
  fill(
    root,
    h("div", { class: "mark" }, icon("phone")),
    h("h1", {}, live("watch.title")),
    h("p", { class: "lead" }, live("watch.text")),
    code ? h("p", { class: "code" }, live("handoff.code"), " ", h("strong", {}, code)) : null,
    h(
      "ol",
      { class: "way" },
      STATES.map((state, i) =>
        h(
          "li",
          { class: i < at ? "over" : i === at ? "now" : "", "aria-current": i === at ? "step" : null },
          h("span", { class: "dot", "aria-hidden": "true" }, i < at ? icon("check") : null),
          live(`watch.${state}`),
        ),
      ),
    ),
    context.status.state === "referred" ? h("p", {}, context.status.text) : null,
  );
}
