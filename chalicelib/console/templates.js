// Templates: what the account may say first, what each of its fields takes, and who says it.

import { get, part, post } from "./api.js";
import { fill, h } from "./dom.js";
import { ago, half, number } from "./format.js";
import { icon } from "./icons.js";
import { busy, button, empty, head, into, notice, tabs } from "./parts.js";
import { addByNumber } from "./template_add.js";
import { showLibrary } from "./template_library.js";
import { dropName, dropTemplate, nameTemplate } from "./template_deeds.js";
import { showTemplate, signs } from "./template_view.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const KINDS = ["template", "notice"];

export const templates = { name: "templates", sign: "bell", needs: "templates:read", show };

export const pathOf = (at, item = "") => `${part(at.account)}/templates${item && `/${part(item)}`}`;

async function show(place, at) {
  if (at.item === "library") return showLibrary(place, at);
  return at.item ? showTemplate(place, at) : showAll(place, at);
}

async function showAll(place, at) {
  const body = h("div");
  const frame = (found) => fill(place, head(t("room_templates"), t("tpl_about"), found && deeds(found, { ...at, again })), found && ways(found, at), body);
  const again = (load = () => get(pathOf(at))) =>
    into(body, load, (found) => {
      frame(found);
      return draw(found, { ...at, again });
    });
  frame(null);
  await again();
}

const kindOf = (found, at) => {
  const asked = at.query.get("kind");
  return found.able.includes(asked) ? asked : found.able[0];
};

/** One tab for each kind that the account may send. */
function ways(found, at) {
  const shown = kindOf(found, at);
  const entries = KINDS.filter((kind) => found.able.includes(kind)).map((kind) => [
    `${t(`tpl_kind_${kind}`)} ${number(found.slots[kind].used)}`,
    at.to("templates", { kind }),
    kind === shown,
  ]);
  return entries.length > 1 && tabs(t("room_templates"), entries);
}

function deeds(found, at) {
  if (!found.able.length || !at.may("templates:write")) return null;
  const kind = kindOf(found, at);
  const sync = (press) =>
    busy(press.currentTarget, async () => {
      const told = await post(`${pathOf(at)}/sync`, {});
      toast(t("tpl_synced"));
      await at.again(() => Promise.resolve(told));
    });
  return [button(t("tpl_sync"), sync, { sign: "sync" }), adding(kind, found, at, { kind: "primary" })];
}

function adding(kind, found, at, more) {
  const full = found.slots[kind].used >= found.slots[kind].most;
  const title = full ? t("tpl_full") : "";
  if (kind === "template") return button(t("tpl_add"), () => addByNumber(found, at), { sign: "plus", disabled: full, title, ...more });
  if (full) return button(t("tpl_add"), () => {}, { sign: "plus", disabled: true, title, ...more });
  return h("a.button", { class: more.kind, href: at.to("templates/library") }, icon("plus"), t("tpl_add"));
}

function draw(found, at) {
  if (!found.able.length) return empty(t("tpl_not_able"), t("tpl_not_able_about"));
  const kind = kindOf(found, at);
  const listed = found.items.filter((one) => one.kind === kind);
  const [here, gone] = [listed.filter(({ state }) => state !== "gone"), listed.filter(({ state }) => state === "gone")];
  const add = at.may("templates:write") && adding(kind, found, at, { kind: "primary" });
  return [
    found.trouble && notice("warn", [h("strong", {}, t("tpl_trouble")), h("p", {}, half(found.trouble))]),
    names(found, at),
    here.length > 0 && ledger(here, found.slots[kind], kind, at),
    here.length > 0 || gone.length > 0 ? h("ul.rows.tall", {}, [...here, ...gone].map((one) => row(one, at))) : empty(t(`tpl_none_${kind}`), t(`tpl_none_${kind}_about`), add),
    found.synced_at > 0 && h("p.soft.foot", {}, t("tpl_seen", { when: ago(found.synced_at) })),
  ];
}

/** Names that say no template any more: what uses them sends nothing. */
function names(found, at) {
  if (!found.waiting.length) return null;
  const rows = found.waiting.map((name) =>
    h("li", {}, h("code", {}, name), at.may("templates:write") && button("", (press) => dropName(press.currentTarget, name, at), { kind: "quiet", sign: "bin", small: true, title: t("tpl_drop_name", { name }) })),
  );
  return notice("warn", [h("strong", {}, t("tpl_waiting", { n: found.waiting.length })), h("p", {}, t("tpl_waiting_about")), h("ul.waiting-names", {}, rows)]);
}

/** All the places WeChat gives, one square each: in use, idle, free. */
function ledger(here, { used, most, unused }, kind, at) {
  const square = (one) =>
    h("li", {}, h("a.slot", { class: one.uses.length ? "used" : "idle", href: at.to(`templates/${part(one.template_id)}`), title: one.title, "aria-label": one.title }));
  const free = Array.from({ length: Math.max(0, most - used) }, () => h("li", { "aria-hidden": "true" }, h("span.slot")));
  return h(
    "section.card.ledger",
    { "aria-label": t("tpl_slots") },
    h("ol.slots", {}, here.map(square), free),
    h("p", {}, h("strong", {}, t("tpl_slots_used", { used: number(used), most: number(most) })), " ", t(used >= most ? "tpl_slots_full" : "tpl_slots_free", { free: number(most - used) })),
    h("p.soft", {}, unused > 0 && t("tpl_slots_idle", { n: number(unused) }), t(`tpl_limits_${kind}`)),
  );
}

function row(one, at) {
  const gone = one.state === "gone";
  const acts = at.may("templates:write") &&
    !gone && [
      button("", () => nameTemplate(one, at), { kind: "quiet", sign: "pen", title: t("tpl_name_of", { title: one.title }) }),
      button("", (press) => dropTemplate(press.currentTarget, one, at), { kind: "quiet", sign: "bin", title: t("tpl_remove", { title: one.title }) }),
    ];
  return h(
    "li",
    { class: gone ? "off" : "" },
    h(
      "div.grow",
      {},
      h("strong", {}, h("a", { href: at.to(`templates/${part(one.template_id)}`) }, one.title)),
      " ",
      signs(one),
      h("p.soft", {}, one.fields.map(({ words, name }) => words || name).join(" · ")),
    ),
    h("span.named", {}, one.name ? h("code", {}, one.name) : !gone && h("span.soft", {}, t("tpl_nameless"))),
    h("span.soft.seen", {}, one.uses.length ? t("tpl_used_by", { n: number(one.uses.length) }) : t("tpl_unused")),
    h("span.acts", {}, acts),
  );
}
