// Members: colleagues who sign in, with a role; a code to begin with is shown once.

import { announce } from "../shared/announce.js";
import { get, post } from "../shared/api.js";
import { fill, h } from "../shared/dom.js";
import { live, t } from "../shared/words.js";
import { acting, confirmed, facts, field, moment, shownOnce } from "./parts.js";

/**
 * @typedef {{id: string, name: string, role: string, created_at: string, last_signed_in_at?: string, disabled_at?: string,
 *   passkeys: number, code_until?: string}} Member
 */

const ROLES = ["clerk", "supervisor", "reviewer", "auditor", "administrator"];

/** @param {HTMLElement} root @param {import("./parts.js").Context} context */
export async function showMembers(root, { me, signal, fail, clear }) {
  const list = h("ul", { class: "list two" });
  const more = h("p", null);
  /** @param {string} [cursor] */
  const read = async (cursor) => {
    const page = await get(`/v1/members?limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, { signal });
    if (!cursor) list.replaceChildren();
    for (const member of page.items) list.append(item(member));
    fill(more, page.next_cursor ? acting(live("overview.more"), () => read(page.next_cursor), { fail, clear, class: "quiet" }) : null);
  };
  const code = async (/** @type {Member} */ member) => {
    const asked = { title: live("members.code.again", { name: member.name }), text: live("members.code.again.text"), act: live("members.code") };
    if (member.passkeys && !(await confirmed(asked))) return;
    await showCode(await post(`/v1/members/${member.id}/code`), member.name);
    await read();
  };
  const disable = async (/** @type {Member} */ member) => {
    const asked = { title: live("members.disable.title", { name: member.name }), text: live("members.disable.text"), act: live("members.disable") };
    if (!(await confirmed(asked))) return;
    await post(`/v1/members/${member.id}/disable`);
    announce(t("members.disabled.done", { name: member.name }));
    await read();
  };
  const role = (/** @type {Member} */ member) => {
    const select = h("select", null, roles(member.role));
    const change = async () => {
      if (select.value === member.role) return;
      await post(`/v1/members/${member.id}/role`, { role: select.value });
      announce(t("members.role.done", { name: member.name, role: t(`members.role.${select.value}`) }));
      await read();
    };
    return h(
      "div",
      { class: "controls" },
      field(`role-${member.id}`, select, live("members.role")),
      acting(live("members.role.change"), change, { fail, clear, class: "quiet", label: live("members.role.change.one", { name: member.name }) }),
    );
  };
  const item = (/** @type {Member} */ member) =>
    h(
      "li",
      { class: "card", data: { member: member.id } },
      h(
        "h2",
        null,
        member.name,
        " ",
        h("span", { class: "tag" }, live(`members.role.${member.role}`)),
        member.disabled_at ? h("span", { class: "tag bad" }, live("members.disabled")) : null,
        member.id === me.member ? h("span", { class: "tag good" }, live("members.you")) : null,
      ),
      facts([
        [live("overview.created"), moment(member.created_at)],
        [live("members.last_signed_in"), moment(member.last_signed_in_at)],
        [live("members.passkeys"), live("members.passkeys.n", { n: member.passkeys })],
        member.code_until ? [live("members.code_until"), moment(member.code_until)] : null,
        member.disabled_at ? [live("members.disabled"), moment(member.disabled_at)] : null,
      ]),
      member.disabled_at || member.id === me.member
        ? null
        : [
            role(member),
            h(
              "p",
              { class: "actions" },
              acting(live("members.code"), () => code(member), { fail, clear, class: "quiet", label: live("members.code.one", { name: member.name }) }),
              acting(live("members.disable"), () => disable(member), { fail, clear, class: "grave", label: live("members.disable.one", { name: member.name }) }),
            ),
          ],
    );
  fill(root, form({ fail, clear, made: () => read() }), list, more);
  await read();
}

/** @param {string} [chosen] */
const roles = (chosen) => ROLES.map((role) => h("option", { value: role, selected: role === chosen }, live(`members.role.${role}`)));

/** @param {{code: string}} answer @param {string} name */
const showCode = ({ code }, name) => shownOnce({ title: live("members.code.title", { name }), text: live("members.code.text"), label: live("members.code.label"), secret: code });

/** @param {{fail: (error: unknown) => void, clear: () => void, made: () => Promise<unknown>}} about */
function form({ fail, clear, made }) {
  const name = h("input", { type: "text", maxlength: "60", required: true, autocomplete: "off" });
  const role = h("select", null, roles());
  const about = h("ul", { class: "small faint" }, ROLES.map((one) => h("li", null, h("strong", null, live(`members.role.${one}`)), " – ", live(`members.role.${one}.about`))));
  const wrong = h("p", { class: "wrong", role: "alert" });
  const place = h("details", { class: "card form" }, h("summary", null, live("members.add")));
  const add = async () => {
    wrong.replaceChildren();
    const called = name.value.trim();
    if (!called) {
      fill(wrong, live("members.name.missing"));
      name.focus();
      return;
    }
    await showCode(await post("/v1/members", { name: called, role: role.value }), called);
    name.value = "";
    place.open = false;
    await made();
  };
  const button = acting(live("members.add.act"), add, { fail, clear });
  place.append(
    h(
      "form",
      { novalidate: true, on: { submit: (/** @type {Event} */ event) => { event.preventDefault(); button.click(); } } },
      field("member-name", name, live("members.name"), live("members.name.hint")),
      field("member-role", role, live("members.role")),
      about,
      wrong,
      h("p", { class: "actions" }, button),
    ),
  );
  return place;
}
