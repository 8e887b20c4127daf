// One customer's part: the code for their own phone, or the tablet in their hands; then how it goes, as it goes; and what can
// be done where it did not go well. The clerk sees states alone, and nothing of document or face.

import { announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { lend } from "../shared/lent.js";
import { date, knows, live, liveBy, t } from "../shared/words.js";
import { signOut } from "../staff/passkey.js";
import { inPersonForm } from "./in-person.js";
import { about, acting, trouble } from "./parts.js";
import { GOING_ON, isAccepted, keep } from "./work.js";

/** @typedef {import("./work.js").Work} Work */
/** @typedef {import("./work.js").Part} Part */
/** @typedef {import("./desk.js").Desk} Desk */

const STEPS = ["requested", "consented", "capturing", "submitted"];
const SOON_MS = 1500;
const LATER_MS = 15_000;

/**
 * @param {Desk} desk
 * @param {Work} work
 * @param {Part} part
 * @param {AbortSignal} signal where the clerk goes on with something else
 * @returns {Promise<"accepted" | "aside" | "cancelled">}
 */
export async function showPart(desk, work, part, signal) {
  const told = trouble();
  const content = h("div", null);
  const place = work.parts.indexOf(part) + 1;
  fill(
    desk.root,
    h(
      "section",
      { class: "card" },
      h("p", { class: "faint" }, live(`shop.act.${work.act}`)),
      h("h1", null, live(`shop.part.${part.part}`)),
      work.parts.length > 1 && h("p", { class: "tag" }, live("shop.part.place", { place, places: work.parts.length })),
      about(work),
      told.place,
      content,
    ),
  );
  arrive(desk.root);
  const ending = new AbortController();
  signal.addEventListener("abort", () => ending.abort());
  try {
    return await new Promise((resolve) => {
      const show = () => {
        if (isAccepted(part)) resolve("accepted");
        else fill(content, screen(desk, work, part, { told, show, end: resolve }));
      };
      begin(desk, work, part, told).then(() => {
        show();
        void watch(desk, work, part, show, ending.signal);
      });
    });
  } finally {
    ending.abort();
  }
}

/** Opens the verification where there is none, or reads how it stands. @param {Desk} desk @param {Work} work @param {Part} part @param {ReturnType<typeof trouble>} told */
async function begin(desk, work, part, told) {
  try {
    if (part.verification) await desk.read(work, part);
    else await desk.open(work, part);
  } catch (error) {
    told.show(error);
  }
}

/** Asks how it stands until it is over. @param {Desk} desk @param {Work} work @param {Part} part @param {() => void} show @param {AbortSignal} signal */
async function watch(desk, work, part, show, signal) {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, part.state === "referred" ? LATER_MS : SOON_MS));
    if (signal.aborted || document.hidden || !part.verification || !GOING_ON.has(part.state)) continue;
    const before = part.state;
    try {
      await desk.read(work, part, signal);
    } catch {
      continue; // the bar tells of a network that is away; what is refused is told when something is done
    }
    if (part.state === before || signal.aborted) continue;
    announce(said(part));
    show();
  }
}

/** How a part stands, in a sentence. @param {Part} part */
function said(part) {
  const key = part.state === "decided" ? part.outcome : part.state;
  return t(`shop.state.${key}`);
}

/**
 * @typedef {{told: ReturnType<typeof trouble>, show: () => void, end: (how: "accepted" | "aside" | "cancelled") => void}} Way
 * @param {Desk} desk @param {Work} work @param {Part} part @param {Way} way
 * @returns {import("../shared/dom.js").Child[]}
 */
function screen(desk, work, part, way) {
  if (!part.verification) return [again(desk, work, part, way), leaving(desk, work, way)];
  if (part.state === "declined_for_alternative") {
    return [inPersonForm(desk, work, part, way), leaving(desk, work, way)];
  }
  if (!GOING_ON.has(part.state)) {
    return [ended(part), again(desk, work, part, way), leaving(desk, work, way)];
  }
  if (part.state === "referred") {
    return [h("div", { class: "told" }, icon("eye"), h("p", null, liveBy(() => said(part)))), leaving(desk, work, way)];
  }
  return [
    part.state === "requested" && invitation(desk, work, part, way),
    course(part),
    otherWay(desk, work, part, way),
    leaving(desk, work, way),
  ];
}

/** The code to be scanned, and the tablet to be lent. @param {Desk} desk @param {Work} work @param {Part} part @param {Way} way */
function invitation(desk, work, part, way) {
  const link = desk.links.get(part.verification);
  if (!link) {
    return [h("div", { class: "told warn" }, icon("info"), h("p", null, live("shop.link.gone"))), again(desk, work, part, way)];
  }
  const hand = async () => {
    await signOut();
    lend(link.url);
  };
  return h(
    "div",
    { class: "invitation" },
    h("div", null, h("img", { class: "code", src: link.picture, alt: live("shop.code.picture"), width: "260", height: "260" })),
    h(
      "div",
      null,
      h("h2", null, live("shop.code")),
      h("p", null, live("shop.code.how")),
      h("p", { class: "faint small" }, liveBy(() => t("shop.code.until", { time: date(part.expires, { timeStyle: "short" }) }))),
      h("h2", null, live("shop.lend")),
      h("p", null, live("shop.lend.how")),
      acting([icon("hand"), live("shop.lend.do")], hand, way.told, "quiet"),
    ),
  );
}

/** Where the customer is. @param {Part} part */
function course(part) {
  const now = STEPS.indexOf(part.state);
  return h(
    "ol",
    { class: "course" },
    STEPS.map((step, place) =>
      h(
        "li",
        { class: place < now ? "over" : place === now ? "now" : null, "aria-current": place === now ? "step" : null },
        place < now ? icon("check") : h("span", { class: "dot", "aria-hidden": "true" }),
        h("span", null, live(place === now ? `shop.state.${step}` : `shop.step.${step}`)),
      ),
    ),
  );
}

/** How it ended, where that was not the end that was hoped for. @param {Part} part */
function ended(part) {
  const reasons = part.reasons.filter(({ code, text }) => text || knows(`shop.reason.${code}`));
  return h(
    "div",
    { class: `told ${part.outcome === "rejected" ? "bad" : "warn"}` },
    icon(part.outcome === "rejected" ? "cross" : "info"),
    h("div", null, h("p", null, liveBy(() => said(part))), reasons.length > 0 && h("p", { class: "small" }, live("shop.reasons.told"))),
  );
}

/** A new verification for the same order. @param {Desk} desk @param {Work} work @param {Part} part @param {Way} way */
function again(desk, work, part, way) {
  const open = async () => {
    await desk.cancel(part);
    await desk.open(work, part);
    way.show();
  };
  return h("div", { class: "actions" }, acting(live("shop.again"), open, way.told));
}

/** For who prefers another way than the face. @param {Desk} desk @param {Work} work @param {Part} part @param {Way} way */
function otherWay(desk, work, part, way) {
  if (!desk.purposeOf(work)?.in_person.length) return null;
  const take = async () => {
    await desk.takeAlternative(work, part);
    way.show();
  };
  return h(
    "details",
    { class: "other" },
    h("summary", null, icon("card"), live("shop.other")),
    h("p", null, live("shop.other.how")),
    acting(live("shop.other.do"), take, way.told, "quiet"),
  );
}

/** To the next customer, with this one kept or ended. @param {Desk} desk @param {Work} work @param {Way} way */
function leaving(desk, work, way) {
  const aside = () => {
    work.aside = true;
    keep(work);
    way.end("aside");
  };
  const stop = async () => {
    if (!(await sure())) return;
    for (const one of work.parts) if (GOING_ON.has(one.state)) await desk.cancel(one);
    way.end("cancelled");
  };
  return h(
    "ul",
    { class: "links" },
    h("li", null, h("button", { type: "button", class: "plain", on: { click: aside } }, live("shop.aside"))),
    h("li", null, acting(live("shop.cancel"), stop, way.told, "plain")),
  );
}

/** @returns {Promise<boolean>} */
function sure() {
  const dialog = h("dialog", { "aria-labelledby": "sure" });
  fill(
    dialog,
    h("h2", { id: "sure" }, live("shop.cancel.sure")),
    h("p", null, live("shop.cancel.what")),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", class: "quiet", on: { click: () => dialog.close() } }, live("shop.cancel.no")),
      h("button", { type: "button", class: "grave", on: { click: () => dialog.close("yes") } }, live("shop.cancel.yes")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
