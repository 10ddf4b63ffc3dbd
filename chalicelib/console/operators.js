// Who may come in: operators with their roles, and machines with their tokens.

import { get, part, post, put, remove } from "./api.js";
import { fill, h } from "./dom.js";
import { confirm, sheet } from "./dialogs.js";
import { form } from "./forms.js";
import { day, time } from "./format.js";
import { avatar, badge, busy, button, copyable, empty, head, into, notice, tabs } from "./parts.js";
import { toast } from "./toasts.js";
import { showTokens } from "./tokens.js";
import { t } from "./words.js";

const ROLES = ["viewer", "editor", "admin"];

export const operators = { name: "operators", sign: "operator", needs: "operators:read", show };

async function show(place, at) {
  const tokens = at.query.get("view") === "tokens";
  const body = h("div");
  const ways = tabs(t("room_operators"), [
    [t("operators"), at.to("operators"), !tokens],
    [t("tokens"), at.to("operators", { view: "tokens" }), tokens],
  ]);
  const frame = (actions) => fill(place, head(t("room_operators"), t(tokens ? "tokens_about" : "operators_about"), actions), ways, body);
  return tokens ? showTokens(body, at, frame) : showPeople(body, at, frame);
}

async function showPeople(body, at, frame) {
  const again = () =>
    into(
      body,
      () => get("operators"),
      ({ items }) => draw(items, { ...at, again }),
    );
  frame(at.may("operators:write") && button(t("operator_new"), () => edit(null, { ...at, again }), { sign: "plus", kind: "primary" }));
  await again();
}

function draw(items, at) {
  if (!items.length) return empty(t("operators_none"), t("operators_none_about"));
  const legend = h(
    "dl.roles",
    {},
    ROLES.map((role) => h("div", {}, h("dt", {}, badge(t(`role_${role}`), roleKind(role))), h("dd.soft", {}, t(`role_${role}_about`)))),
  );
  return [
    h(
      "ul.rows.tall",
      {},
      items.map((one) => row(one, at)),
    ),
    legend,
  ];
}

const roleKind = (role) => ({ admin: "warn", editor: "good", viewer: "quiet" })[role];

function row(one, at) {
  const may = at.may("operators:write");
  const acts = may && [
    !one.disabled && button(t("sign_in_link"), (press) => linkFor(press.currentTarget, one), { sign: "link", small: true }),
    one.wechat.length > 0 && button(t("untie"), (press) => untie(press.currentTarget, one, at), { kind: "quiet", small: true }),
    button("", () => edit(one, at), { sign: "pen", kind: "quiet", title: t("edit_named", { name: one.name }) }),
    button("", (press) => drop(press.currentTarget, one, at), { sign: "bin", kind: "quiet", title: t("remove_named", { name: one.name }) }),
  ];
  const since = t("operator_since", { when: day(one.created) });
  const bound = one.wechat.length ? t("wechat_bound") : t("wechat_unbound");
  return h(
    "li",
    { class: one.disabled ? "off" : "" },
    avatar(one.name, one.operator_id),
    h("div.grow", {}, h("strong", {}, one.name), h("p.soft", {}, `${since} · ${bound}`)),
    badge(t(`role_${one.role}`), roleKind(one.role)),
    one.disabled && badge(t("disabled"), "bad"),
    h("span.acts", {}, acts),
  );
}

/** Shown once: whoever has the link is that operator, for ten minutes, once. */
async function linkFor(pressed, one) {
  const made = await busy(pressed, () => post(`operators/${part(one.operator_id)}/sign-in-link`, {}));
  if (!made) return;
  const until = t("link_until", { name: one.name, when: time(made.expires) });
  sheet(t("sign_in_link"), [h("p", {}, until), h("div.secret", {}, copyable(made.url)), notice("warn", t("link_warning"))]);
}

function edit(one, at) {
  const write = (body) => (one ? put(`operators/${part(one.operator_id)}`, body) : post("operators", body));
  const submit = async ({ name, role, disabled = false }) => {
    await write({ name, role, disabled });
    asked.close();
    const before = one && { name: one.name, role: one.role, disabled: one.disabled };
    toast(t(one ? "saved" : "operator_added"), one ? { undo: () => write(before).then(at.again) } : {});
    await at.again();
  };
  const fields = [
    { name: "name", label: t("name"), value: one?.name, required: true, max: 40, first: true },
    {
      name: "role",
      label: t("role"),
      kind: "select",
      value: one?.role || "viewer",
      options: ROLES.map((role) => [role, `${t(`role_${role}`)}${t("colon")}${t(`role_${role}_about`)}`]),
    },
    one && { name: "disabled", label: t("operator_disable"), kind: "check", value: one.disabled },
  ].filter(Boolean);
  const asked = sheet(one ? one.name : t("operator_new"), form({ fields, action: t("save"), submit, cancel: () => asked.close() }));
}

/** Their phone is lost, say. They may bind another one. */
async function untie(pressed, one, at) {
  if (!(await confirm({ title: t("untie"), text: t("untie_about", { name: one.name }), action: t("untie") }))) return;
  await busy(pressed, async () => {
    await remove(`operators/${part(one.operator_id)}/wechat`);
    toast(t("untied"));
    await at.again();
  });
}

async function drop(pressed, one, at) {
  const sure = await confirm({ title: t("remove_named", { name: one.name }), text: t("remove_operator_about"), action: t("remove") });
  if (!sure) return;
  await busy(pressed, async () => {
    await remove(`operators/${part(one.operator_id)}`);
    toast(t("operator_gone", { name: one.name }));
    await at.again();
  });
}
