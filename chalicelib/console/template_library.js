// WeChat's library of notices, by the account's categories.

import { get, part } from "./api.js";
import { debounced, fill, h } from "./dom.js";
import { select } from "./forms.js";
import { icon } from "./icons.js";
import { back, badge, button, empty, head, into, notice } from "./parts.js";
import { table } from "./table.js";
import { takeNotice } from "./template_add.js";
import { t } from "./words.js";

export async function showLibrary(place, at) {
  const body = h("div");
  fill(place, back(at.to("templates", { kind: "notice" }), t("room_templates")), head(t("tpl_library"), t("tpl_library_about")), body);
  await into(
    body,
    () => get(`${part(at.account)}/template-categories`),
    (told) => browse(told, at),
  );
  await body.querySelector(".list")?.wanted?.();
}

function browse({ items, most, changes_a_month: changes }, at) {
  if (!items.length) return empty(t("tpl_no_categories"), t("tpl_no_categories_about"));
  const wish = { category_id: at.query.get("category") || "", words: at.query.get("words") || "" };
  const list = table({
    label: t("tpl_library"),
    columns: columns(items, at),
    load: (cursor) => get(`${part(at.account)}/template-library`, { ...wish, cursor }),
    empty: () => empty(t("tpl_nothing_found"), t("tpl_nothing_found_about")),
  });
  const changed = () => {
    history.replaceState(null, "", at.to("templates/library", { category: wish.category_id, words: wish.words }));
    return list.reload();
  };
  const later = debounced(changed);
  const search = h("input", { type: "search", value: wish.words, placeholder: t("tpl_search"), "aria-label": t("tpl_search"), oninput: (event) => later((wish.words = event.target.value.trim())) });
  const options = [["", t("tpl_all_categories")], ...items.map(({ category_id: id, name }) => [id, name])];
  const chosen = select(options, wish.category_id, { "aria-label": t("tpl_category"), onchange: (event) => changed((wish.category_id = event.target.value)) });
  list.node.wanted = () => list.reload();
  return [
    h("div.filters", { role: "search" }, h("label.seek", {}, icon("search"), search, h("kbd", {}, "/")), chosen),
    list.node,
    notice("plain", t("tpl_categories_about", { names: items.map(({ name }) => name).join(" · "), most, changes })),
  ];
}

function columns(categories, at) {
  const names = new Map(categories.map(({ category_id: id, name }) => [id, name]));
  const take = (one) => button(t("tpl_choose"), (press) => takeNotice(press.currentTarget, one, at), { small: true, "aria-label": `${t("tpl_choose")}${t("colon")}${one.title}` });
  return [
    { label: t("tpl_title"), cell: (one) => [h("strong", {}, one.title), one.have && badge(t("tpl_have"), "good")], kind: "wide" },
    { label: t("tpl_category"), cell: (one) => names.get(one.category_id) || "–" },
    { label: t("tpl_consent"), cell: (one) => badge(t(one.long_term ? "tpl_long_term" : "tpl_one_time"), one.long_term ? "good" : "quiet") },
    { label: "", cell: (one) => at.may("templates:write") && take(one), kind: "end" },
  ];
}
