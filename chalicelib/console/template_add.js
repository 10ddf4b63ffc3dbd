// A template message's template is taken by the number that WeChat's back office shows; a notice by its keywords.

import { get, part, post } from "./api.js";
import { h } from "./dom.js";
import { sheet } from "./dialogs.js";
import { form } from "./forms.js";
import { nameField } from "./template_deeds.js";
import { busy, notice } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const [FEWEST, MOST, LONGEST_SCENE] = [2, 5, 15];
const LONG = ["time", "date", "amount"]; // what they take is no number of letters
const pathOf = (at) => `${part(at.account)}/templates`;
const added = (asked, made, at) => {
  asked.close();
  toast(t("tpl_taken", { title: made.title }));
  location.hash = at.to(`templates/${part(made.template_id)}`);
};

export function addByNumber(found, at) {
  const submit = async ({ number, keywords, name }) => {
    const words = keywords.split(/[\n、,，;；]+/).map((word) => word.trim());
    added(asked, await post(pathOf(at), { kind: "template", number, keywords: words.filter(Boolean), name }), at);
  };
  const fields = [
    { name: "number", label: t("tpl_number"), required: true, max: 32, example: "43216", hint: t("tpl_number_hint"), first: true, complain: (read) => (/^\w{1,32}$/.test(read) ? "" : t("tpl_number_letters")) },
    { name: "keywords", label: t("tpl_keywords"), kind: "area", rows: 3, max: 400, hint: t("tpl_keywords_hint") },
    nameField(),
  ];
  const asked = sheet(t("tpl_add"), [h("p.soft.before-form", {}, t("tpl_add_about", { most: found.slots.template.most })), form({ fields, action: t("tpl_take"), submit, cancel: () => asked.close() })]);
}

/** Its keywords first, since they decide what the notice can say. */
export function takeNotice(pressed, title, at) {
  return busy(pressed, async () => {
    const { items } = await get(`${part(at.account)}/template-library/${part(title.number)}`);
    const chosen = keywords(items);
    const submit = async ({ keyword_ids: ids, scene, name }) => {
      added(asked, await post(pathOf(at), { kind: "notice", number: title.number, keyword_ids: ids, scene, name }), at);
    };
    const fields = [
      { name: "keyword_ids", label: t("tpl_choose_keywords"), node: chosen.node, read: chosen.read, hint: t("tpl_choose_keywords_hint"), complain: enough },
      { name: "scene", label: t("tpl_scene"), required: true, max: LONGEST_SCENE, example: t("tpl_scene_example"), hint: t("tpl_scene_hint") },
      nameField(),
    ];
    const about = title.long_term ? notice("plain", t("tpl_long_term_about")) : h("p.soft.before-form", {}, t("tpl_one_time_about"));
    const asked = sheet(title.title, [about, form({ fields, action: t("tpl_take"), submit, cancel: () => asked.close() })]);
  });
}

const enough = (ids) => (ids.length >= FEWEST && ids.length <= MOST ? "" : t("tpl_keyword_count", { fewest: FEWEST, most: MOST }));

/** Boxes; the notice shows the keywords in the order in which they were chosen. */
function keywords(items) {
  const order = [];
  const change = ({ target }, id) => {
    if (target.checked) order.push(id);
    else order.splice(order.indexOf(id), 1);
    node.querySelectorAll("[data-id]").forEach((mark) => (mark.textContent = order.includes(Number(mark.dataset.id)) ? order.indexOf(Number(mark.dataset.id)) + 1 : ""));
  };
  const box = ({ keyword_id: id, name, example, longest, kind }) =>
    h(
      "li",
      {},
      h("label.check", {}, h("input", { type: "checkbox", value: id, onchange: (event) => change(event, id) }), h("strong", {}, name)),
      h("span.soft", {}, t("tpl_such_as", { example })),
      kind && !LONG.includes(kind) && h("span.soft.seen", {}, t("tpl_longest", { n: longest })),
      h("b.order", { "data-id": id, "aria-hidden": "true" }),
    );
  const node = h("ul.keywords", {}, items.map(box));
  return { node, read: () => [...order] };
}
