// One template: how it looks, what each field takes, who sends it.

import { get, part } from "./api.js";
import { linesOf } from "./campaign_model.js";
import { fill, h } from "./dom.js";
import { day, half } from "./format.js";
import { back, badge, button, card, copyable, empty, facts, head, into, notice } from "./parts.js";
import { dropTemplate, nameTemplate } from "./template_deeds.js";
import { t } from "./words.js";

export const signs = (one) =>
  [
    one.state === "refused" && badge(t("tpl_state_refused"), "bad"),
    one.state === "gone" && badge(t("tpl_state_gone"), "quiet"),
    one.kind === "notice" && badge(t(one.long_term ? "tpl_long_term" : "tpl_one_time"), one.long_term ? "good" : "quiet"),
  ].filter(Boolean);

export async function showTemplate(place, at) {
  const body = h("div");
  fill(place, back(at.to("templates"), t("room_templates")), body);
  const again = () =>
    into(
      body,
      () => get(`${part(at.account)}/templates`),
      ({ items }) => {
        const one = items.find(({ template_id: id }) => id === at.item);
        return one ? draw(one, { ...at, again }) : empty(t("tpl_unknown"), t("tpl_unknown_about"));
      },
    );
  await again();
}

function draw(one, at) {
  document.title = `${one.title} · ${t("brand")}`;
  const home = () => (location.hash = at.to("templates", { kind: one.kind }));
  const acts = at.may("templates:write") &&
    one.state !== "gone" && [
      button(t(one.name ? "tpl_rename" : "tpl_give_name"), () => nameTemplate(one, at), { sign: "pen" }),
      button("", (press) => dropTemplate(press.currentTarget, one, { ...at, again: home }), { sign: "bin", kind: "quiet", title: t("tpl_remove", { title: one.title }) }),
    ];
  const title = head(one.title, null, acts);
  title.querySelector("h1").append(" ", ...signs(one));
  return [
    title,
    one.state === "refused" && notice("bad", [h("strong", {}, t("tpl_refused_about")), h("p", {}, one.why)]),
    one.state === "gone" && notice("warn", t("tpl_gone_about")),
    h("div.columns", {}, h("div.pile", {}, card(t("tpl_fields"), fields(one)), card(t("tpl_uses"), uses(one, at))), h("div.pile", {}, card(t("tpl_looks"), looks(one)), card(t("tpl_known"), known(one)))),
  ];
}

function fields({ fields: all }) {
  if (!all.length) return h("p.soft", {}, t("tpl_no_fields"));
  const line = (field) =>
    h(
      "li",
      {},
      h("div.grow", {}, h("strong", {}, field.words || field.name), h("p.soft", {}, half(field.limit))),
      h("code", {}, field.name),
    );
  return h("ul.field-limits", {}, all.map(line));
}

/** As it stands in a chat, with WeChat's own example where there is one. */
function looks(one) {
  const examples = new Map(one.example.split("\n").map((line) => line.split(/[：:](.*)/s).map((words) => words.trim())));
  const line = ({ name, label }) => h("div", {}, h("dt", {}, label || name), h("dd", { class: examples.get(label) ? "" : "gap" }, examples.get(label) || `{${name}}`));
  return h("div.wx-card", {}, h("strong", {}, one.title), h("dl", {}, linesOf(one).map(line)));
}

function known(one) {
  return facts(
    [t("tpl_name"), one.name ? copyable(one.name) : h("span.soft", {}, t("tpl_nameless"))],
    [t("tpl_id"), copyable(one.template_id, `${one.template_id.slice(0, 8)}…${one.template_id.slice(-4)}`)],
    one.category && [t("tpl_category"), one.category],
    [t("tpl_added"), day(one.added_at)],
  );
}

export function uses({ uses: all }, at) {
  if (!all.length) return h("p.soft", {}, t("tpl_unused_about"));
  return h("ul.used-by", {}, all.map((use) => useLine(use, at)));
}

export function useLine({ kind, use_id: id, label, phase }, at) {
  const room = kind === "campaign" ? "campaigns" : "automations";
  const words = t(kind === "campaign" ? `camp_phase_${phase}` : `auto_phase_${phase}`);
  return h("li", {}, h("a", { href: at.to(`${room}/${part(id)}`) }, label), " ", badge(words, phase === "running" ? "good" : "quiet"), " ", h("span.soft", {}, t(`tpl_use_${kind}`)));
}
