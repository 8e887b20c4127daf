// What was sent to one webhook endpoint, waits, or was given up; and sent again.

import { announce } from "../shared/announce.js";
import { get, post } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { live, t } from "../shared/words.js";
import { acting, field, moment, table } from "./parts.js";

/**
 * @typedef {{event: string, type: string, happened_at: string, status: string, tries: number, due_at?: string,
 *   tried_at?: string, result?: string, http_status?: number}} Delivery
 */

const STATES = ["", "dead", "pending", "delivered"];
const TAGS = /** @type {Record<string, string>} */ ({ delivered: "tag good", dead: "tag bad", pending: "tag warn" });
const LONGEST_DAYS = 30;

/**
 * Opened by whoever wants to see it; it asks again only when asked to, so that a row does not move under a finger.
 * @param {string} path of the endpoint
 * @param {import("./parts.js").Context} context
 */
export function deliveriesOf(path, { signal, fail, clear }) {
  const rows = h("div", null);
  const more = h("p", null);
  const only = h("select", null, STATES.map((state) => h("option", { value: state }, live(state ? `deliveries.${state}` : "deliveries.every"))));
  /** @type {Delivery[]} */
  let found = [];
  /** @param {string} [cursor] */
  const read = async (cursor) => {
    const query = new URLSearchParams({ limit: "20" });
    if (only.value) query.set("status", only.value);
    if (cursor) query.set("cursor", cursor);
    const page = await get(`${path}/deliveries?${query}`, { signal });
    found = cursor ? [...found, ...page.items] : page.items;
    fill(rows, found.length ? shown() : h("p", { class: "nothing" }, live("deliveries.none")));
    fill(more, page.next_cursor ? acting(live("overview.more"), () => read(page.next_cursor), { fail, clear, class: "quiet" }) : null);
  };
  const replay = async (/** @type {Delivery} */ delivery) => {
    await post(`${path}/deliveries/${delivery.event}/replay`);
    announce(t("deliveries.replayed_this"));
    await read();
  };
  const replayDead = async () => {
    const since = new Date(Date.now() - LONGEST_DAYS * 86_400_000).toISOString();
    const { count } = await post(`${path}/replay`, { since });
    announce(t("deliveries.replayed", { n: count }));
    await read();
  };
  const shown = () =>
    table(
      live("deliveries.title"),
      ["type", "happened", "state", "tries", "result", "next", "act"].map((key) => live(`deliveries.${key}`)),
      found.map((delivery) => [
        h("code", null, delivery.type),
        moment(delivery.happened_at),
        h("span", { class: TAGS[delivery.status] ?? "tag" }, live(`deliveries.${delivery.status}`)),
        String(delivery.tries),
        delivery.result ? [live(`deliveries.result.${delivery.result}`), delivery.http_status ? ` (${delivery.http_status})` : ""] : "–",
        delivery.due_at ? moment(delivery.due_at) : "–",
        acting(live("deliveries.replay"), () => replay(delivery), { fail, clear, class: "quiet", label: live("deliveries.replay.one", { type: delivery.type }) }),
      ]),
    );
  const place = h(
    "details",
    null,
    h("summary", null, live("deliveries.title")),
    h(
      "div",
      { class: "controls" },
      field(`only-${path.slice(path.lastIndexOf("/") + 1)}`, only, live("deliveries.only")),
      acting(live("deliveries.refresh"), () => read(), { fail, clear, class: "quiet" }),
      acting(live("deliveries.replay_dead"), replayDead, { fail, clear, class: "quiet" }),
    ),
    rows,
    more,
  );
  only.addEventListener("change", () => read().catch(fail));
  place.addEventListener("toggle", () => {
    if (place.open && !found.length) read().catch(fail);
  });
  return {
    place,
    async show() {
      place.open = true;
      await read();
    },
  };
}
