// The document: a picture of it is read, and what was read is shown.

import { post } from "../shared/api.js";
import { arrive, fill, h } from "../shared/dom.js";
import { problemText } from "../shared/problems.js";
import { live } from "../shared/words.js";
import { inLanguage } from "./context.js";

/** @type {import("./context.js").Show} */
export function show(root, context) {
  return new Promise((done) => {
    const told = h("p", { role: "alert" });
    const file = h("input", { type: "file", accept: "image/*", "aria-label": live("document.file") });
    file.addEventListener("change", async () => {
      const form = new FormData();
      for (const photo of file.files ?? []) form.append("photo", photo);
      try {
        const answer = await post(inLanguage("/h/v1/document"), form, { signal: context.left, timeout: 120_000 });
        context.document = answer;
        context.reading = answer.reading ?? null;
        if (context.reading) done();
        else fill(told, answer.text);
      } catch (error) {
        if (!context.left.aborted) fill(told, problemText(error));
      }
    });
    fill(root, h("h1", {}, live("document.title")), told, file);
    arrive(root);
  });
}
