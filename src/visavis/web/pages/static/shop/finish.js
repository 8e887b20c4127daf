// Everybody has shown that they may: the act itself, and then the receipt, which is printed or sent by whatever the tablet
// sends things with. The service sends nothing to customers, whose addresses it does not know.

import { announce } from "../shared/announce.js";
import { arrive, fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { date, live, liveBy, t } from "../shared/words.js";
import { cardEnd, spoken } from "./numbers.js";
import { about, acting, trouble } from "./parts.js";
import { drop } from "./work.js";

/** @typedef {import("./work.js").Work} Work */
/** @typedef {import("./desk.js").Desk} Desk */

const PRINTER = "M7 8.5V4h10v4.5M7 16.5H4v-8h16v8h-3M7 14h10v6H7z";

/**
 * @param {Desk} desk
 * @param {Work} work
 * @returns {Promise<void>} once the clerk goes on to the next customer
 */
export function showFinish(desk, work) {
  return new Promise((resolve) => {
    const told = trouble();
    const carryOut = async () => {
      await desk.carryOut(work);
      announce(t(`shop.done.${work.act}`));
      receipt(desk, work, resolve);
    };
    const leave = () => {
      drop(work);
      resolve();
    };
    const go = acting(live(`shop.finish.${work.act}`), carryOut, told);
    fill(
      desk.root,
      h(
        "section",
        { class: "card" },
        h("p", { class: "faint" }, live(`shop.act.${work.act}`)),
        h("h1", null, live("shop.finish")),
        h("div", { class: "told good" }, icon("check"), h("p", null, live("shop.finish.about", { n: work.parts.length }))),
        about(work),
        told.place,
        h("div", { class: "actions" }, go),
        h("ul", { class: "links" }, h("li", null, h("button", { type: "button", class: "plain", on: { click: leave } }, live("shop.finish.leave")))),
      ),
    );
    arrive(desk.root);
    go.focus();
  });
}

/** @param {Desk} desk @param {Work} work @param {() => void} next */
function receipt(desk, work, next) {
  const at = new Date();
  const told = trouble();
  const text = () => lines(desk, work, at).map(([name, value]) => `${name}: ${value}`).join("\n");
  const shared = navigator.share && h("button", { type: "button", class: "quiet", on: { click: () => navigator.share({ title: t("shop.receipt"), text: text() }).catch(() => undefined) } }, icon("share"), live("shop.receipt.share"));
  const copied = async () => {
    await navigator.clipboard.writeText(text());
    announce(t("shop.receipt.copied"));
  };
  fill(
    desk.root,
    h(
      "section",
      { class: "card receipt" },
      h("h1", null, live(`shop.done.${work.act}`)),
      h("div", { class: "facts-place" }, h("dl", { class: "facts" }, receiptLines(desk, work, at))),
      h("p", { class: "small" }, live(inPerson(work) ? "shop.receipt.kept.person" : "shop.receipt.kept")),
      told.place,
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", on: { click: () => window.print() } }, icon(PRINTER), live("shop.receipt.print")),
        shared,
        acting(live("shop.receipt.copy"), copied, told, "quiet"),
        h("button", { type: "button", class: "quiet", on: { click: next } }, live("shop.next"), icon("on")),
      ),
    ),
  );
  arrive(desk.root);
}

/** Whether somebody's document was looked at by the clerk. @param {Work} work */
const inPerson = (work) => work.parts.some((part) => part.reasons.some(({ code }) => code === "checked_in_person"));

/** What stands on the receipt, in the present language. @param {Desk} desk @param {Work} work @param {Date} at @returns {[string, string][]} */
function lines(desk, work, at) {
  return [
    [t("shop.receipt.by"), desk.party],
    [t("shop.receipt.what"), t(`shop.act.${work.act}`)],
    [t("shop.msisdn"), spoken(work.msisdn)],
    ...(work.iccid ? /** @type {[string, string][]} */ ([[t("shop.iccid"), cardEnd(work.iccid)]]) : []),
    [t("shop.receipt.when"), date(at)],
    [t("shop.receipt.how"), t(inPerson(work) ? "shop.receipt.how.person" : "shop.receipt.how.face")],
    [t("shop.receipt.number"), work.parts.map((part) => part.verification).join(" ")],
  ];
}

/** @param {Desk} desk @param {Work} work @param {Date} at */
function receiptLines(desk, work, at) {
  return lines(desk, work, at).map((_, place) => [
    h("dt", null, liveBy(() => lines(desk, work, at)[place]?.[0] ?? "")),
    h("dd", null, liveBy(() => lines(desk, work, at)[place]?.[1] ?? "")),
  ]);
}
