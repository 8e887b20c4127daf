// The face: a capture, which the service leads.

import { arrive, fill, h } from "../shared/dom.js";
import { live } from "../shared/words.js";

/** @type {import("./context.js").Show} */
export function show(root, context) {
  return new Promise((done) => {
    fill(root, h("h1", {}, live("face.title")), h("button", { type: "button", on: { click: () => done() } }, live("face.again")));
    context.left.addEventListener("abort", () => done());
    arrive(root);
  });
}
