// Webhook endpoints: added, tested, given another secret, switched off, removed; and what was sent to each.

import { announce } from "../shared/announce.js";
import { change, get, post, remove } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { live, t } from "../shared/words.js";
import { acting, boxes, confirmed, facts, field, moment, shownOnce } from "./parts.js";
import { deliveriesOf } from "./deliveries.js";

/**
 * @typedef {{id: string, url: string, description: string, events: string[], enabled: boolean, disabled_reason?: string,
 *   created_at: string, last_success_at?: string, older_secret_until?: string, failures: number, failing_since?: string,
 *   paused_until?: string}} Webhook
 */
/** @typedef {import("./parts.js").Context} Context */

/** As the interface names them; a name is no text. */
const EVENTS = [
  "verification.consented", "verification.referred", "verification.decided", "verification.declined_for_alternative",
  "verification.withdrawn", "verification.expired", "verification.erased", "line.registered", "line.transferred",
  "line.sim_replaced", "line.released", "line.disputed", "line.dispute_closed", "webhook.disabled", "webhook.test",
];

/** @param {HTMLElement} root @param {Context} context */
export async function showWebhooks(root, context) {
  const { signal, fail, clear } = context;
  const list = h("ul", { class: "list" });
  const read = async () => {
    const items = /** @type {Webhook[]} */ ((await get("/v1/webhooks", { signal })).items);
    fill(list, items.map((hook) => item(hook, context, read)), items.length ? null : h("li", { class: "nothing" }, live("webhooks.none")));
  };
  fill(root, form({ fail, clear, made: read }), list);
  await read();
}

/** @param {Webhook} hook @param {Context} context @param {() => Promise<void>} again */
function item(hook, context, again) {
  const { fail, clear } = context;
  const path = `/v1/webhooks/${hook.id}`;
  const deliveries = deliveriesOf(path, context);
  const act = (/** @type {import("../shared/dom.js").Child} */ words, /** @type {() => Promise<unknown>} */ work, more = "quiet") =>
    acting(words, work, { fail, clear, class: more });
  const test = async () => {
    await post(`${path}/test`);
    announce(t("webhooks.test.done"));
    await deliveries.show();
  };
  const rotate = async () => {
    if (!(await confirmed({ title: live("webhooks.rotate.title"), text: live("webhooks.rotate.text"), act: live("webhooks.rotate") }))) return;
    await told(await post(`${path}/rotate-secret`, {}));
    await again();
  };
  const toggle = async () => {
    await change(path, { enabled: !hook.enabled });
    announce(t(hook.enabled ? "webhooks.disabled.done" : "webhooks.enabled.done"));
    await again();
  };
  const drop = async () => {
    if (!(await confirmed({ title: live("webhooks.remove.title"), text: live("webhooks.remove.text"), act: live("webhooks.remove") }))) return;
    await remove(path);
    announce(t("webhooks.removed.done"));
    await again();
  };
  return h(
    "li",
    { class: "card", data: { webhook: hook.id } },
    h("h2", { dir: "ltr" }, hook.url, " ", state(hook)),
    facts([
      hook.description ? [live("webhooks.description"), hook.description] : null,
      [live("webhooks.events"), hook.events.length ? h("code", null, hook.events.join(", ")) : live("webhooks.events.all")],
      [live("overview.created"), moment(hook.created_at)],
      [live("webhooks.last_success"), moment(hook.last_success_at)],
      hook.failures ? [live("webhooks.failures"), live("webhooks.failures.n", { n: hook.failures })] : null,
      hook.failing_since ? [live("webhooks.failing_since"), moment(hook.failing_since)] : null,
      hook.paused_until ? [live("webhooks.paused_until"), moment(hook.paused_until)] : null,
      hook.older_secret_until ? [live("webhooks.older_until"), moment(hook.older_secret_until)] : null,
    ]),
    h(
      "p",
      { class: "actions" },
      hook.enabled ? act(live("webhooks.test"), test) : null,
      act(live("webhooks.rotate"), rotate),
      act(live(hook.enabled ? "webhooks.disable" : "webhooks.enable"), toggle),
      act(live("webhooks.remove"), drop, "grave"),
    ),
    deliveries.place,
  );
}

/** @param {Webhook} hook */
function state({ enabled, disabled_reason: reason, failing_since: failing }) {
  if (!enabled) return h("span", { class: "tag bad" }, live(reason ? `webhooks.off.${reason}` : "webhooks.off"));
  return h("span", { class: failing ? "tag warn" : "tag good" }, live(failing ? "webhooks.failing" : "webhooks.on"));
}

/** @param {{secret: string}} answer */
const told = ({ secret }) => shownOnce({ title: live("webhooks.secret.title"), text: live("webhooks.secret.text"), label: live("webhooks.secret"), secret });

/** @param {{fail: (error: unknown) => void, clear: () => void, made: () => Promise<unknown>}} about */
function form({ fail, clear, made }) {
  const url = h("input", { type: "url", maxlength: "2000", required: true, autocomplete: "off", dir: "ltr", placeholder: "https://" });
  const description = h("input", { type: "text", maxlength: "200", autocomplete: "off" });
  const events = boxes(live("webhooks.events"), EVENTS.map((value) => ({ value, words: h("code", null, value) })), live("webhooks.events.hint"));
  const place = h("details", { class: "card form" }, h("summary", null, live("webhooks.add")));
  const add = async () => {
    if (!url.reportValidity()) return;
    const answer = await post("/v1/webhooks", { url: url.value.trim(), description: description.value.trim(), events: events.chosen() });
    await told(answer);
    url.value = description.value = "";
    place.open = false;
    await made();
  };
  const button = acting(live("webhooks.add.act"), add, { fail, clear });
  place.append(
    h(
      "form",
      { novalidate: true, on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); button.click(); } } },
      field("webhook-url", url, live("webhooks.url"), live("webhooks.url.hint")),
      field("webhook-description", description, live("webhooks.description"), live("webhooks.description.hint")),
      events.place,
      h("p", { class: "actions" }, button),
    ),
  );
  return place;
}
