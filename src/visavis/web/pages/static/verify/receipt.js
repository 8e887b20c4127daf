// The receipt of the consent, readable, and to be saved as the file that it is (ISO/IEC TS 27560:2023).

import { announce } from "../shared/announce.js";
import { download, get } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { problemText } from "../shared/problems.js";
import { date, live, liveBy, t } from "../shared/words.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {{event_time: string, event_state: string}} Event */

/** @param {Context} context */
export function receipt(context) {
  const place = h("div", { class: "receipt" });
  get("/h/v1/receipt", { signal: context.left }).then((told) => fill(place, shown(context, told)), () => undefined);
  return place;
}

/** @param {Context} context @param {any} told */
function shown(context, told) {
  /** @type {Event[]} */
  const events = told.event ?? [];
  const { status } = context;
  return h(
    "details",
    { class: "card" },
    h("summary", {}, icon("check"), live("receipt.title")),
    h(
      "dl",
      { class: "facts" },
      fact("receipt.who", status.party),
      fact("receipt.why", status.purpose),
      events.map((event) =>
        fact(event.event_state === "withdrawn" ? "receipt.withdrawn" : "receipt.when", liveBy(() => date(event.event_time))),
      ),
    ),
    h("p", {}, save("/h/v1/receipt", "receipt.save")),
  );
}

/** @param {string} key @param {import("../shared/dom.js").Child} value */
const fact = (key, value) => [h("dt", {}, live(key)), h("dd", {}, value)];

/**
 * A button that saves what the service answers, as a file.
 * @param {string} path
 * @param {string} key
 */
export function save(path, key) {
  const wrong = h("span", { class: "wrong", role: "alert" });
  const act = async () => {
    try {
      const { blob, name } = await download(path);
      const address = URL.createObjectURL(blob);
      h("a", { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      announce(t("save.done"));
    } catch (error) {
      fill(wrong, problemText(error));
    }
  };
  return [h("button", { type: "button", class: "quiet save", on: { click: act } }, icon("save"), live(key)), wrong];
}
