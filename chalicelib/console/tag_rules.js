// Rules that give a tag by themselves: when something happened to a person, or has not happened for long.

import { get, part, post, put, remove } from "./api.js";
import { codesOf } from "./code_names.js";
import { debounced, fill, h } from "./dom.js";
import { sheet } from "./dialogs.js";
import { form, select } from "./forms.js";
import { number } from "./format.js";
import { badge, busy, button, empty, into } from "./parts.js";
import { sentence } from "./question.js";
import { buildQuestion } from "./segment_builder.js";
import { chip, knownTags, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

/** What most shops want first; each opens the form with its question filled in. */
const EXAMPLES = [
  ["rule_scanned", { event: "scanned", what: "12", within_days: 30, at_least: 1 }],
  ["rule_bought", { field: "orders", is: "at_least", value: 2 }],
  ["rule_silent", { field: "last_active", is: "before_days", value: 30 }],
];

export async function showRules(body, at, frame) {
  const again = () =>
    into(
      body,
      () => get(`${part(at.account)}/tag-rules`),
      ({ items }) => drawn(items, { ...at, again }),
    );
  const add = async () => edit({ question: { all: [] } }, await tagsOf(at.account), { ...at, again });
  frame(at.may("tags:write") && button(t("rule_new"), add, { sign: "plus", kind: "primary" }));
  await again();
}

/** With numbers for the tags at first, if their names are not known yet. */
function drawn(items, at) {
  const place = h("div", {}, draw(items, knownTags(at.account), at));
  if (!knownTags(at.account).length && items.length)
    tagsOf(at.account).then(
      (tags) => fill(place, draw(items, tags, at)),
      () => {},
    );
  return place;
}

function draw(rules, tags, at) {
  const may = at.may("tags:write");
  const ideas = EXAMPLES.map(([name, question]) =>
    button(t(name), async () => edit({ question: { all: [question] } }, await tagsOf(at.account), at), { sign: "plus", small: true }),
  );
  if (!rules.length) return empty(t("rules_none"), t("rules_none_about"), may && ideas);
  const row = (rule) => {
    const tag = tags.find(({ tag_id }) => tag_id === rule.tag_id) || { tag_id: rule.tag_id, name: `#${rule.tag_id}` };
    const acts = may && [
      button("", async () => edit(rule, await tagsOf(at.account), at), { sign: "pen", kind: "quiet", title: t("edit_named", { name: rule.name }) }),
      button("", (press) => drop(press.currentTarget, rule, at), { sign: "bin", kind: "quiet", title: t("delete_rule", { name: rule.name }) }),
    ];
    return h(
      "li",
      {},
      h(
        "div.grow",
        {},
        h("strong", {}, rule.name),
        h("p.soft", {}, sentence(rule.question, tags)),
        rule.enabled === false && badge(t("paused"), "quiet"),
      ),
      h("span.soft.gives", {}, t("gives")),
      chip(tag),
      h("span.acts", {}, acts),
    );
  };
  return [h("ul.rows", {}, rules.map(row)), may && h("p.ideas", {}, h("span.soft", {}, t("ideas")), ideas)];
}

const bodyOf = ({ name, tag_id, question, enabled = true }) => ({ name, tag_id: Number(tag_id), question, enabled });

function edit(rule, tags, at) {
  if (!tags.length) return sheet(t("rule_new"), empty(t("tags_none"), t("tags_none_about")));
  const path = `${part(at.account)}/tag-rules`;
  const would = h("p.soft", { "aria-live": "polite" });
  const look = debounced(async () => {
    const told = built.complaint()
      ? null
      : await post(`${path}/dry-run`, { question: built.read(), tag_id: Number(gives.value) }).catch(() => null);
    fill(would, told && t("rule_would", { n: told.exact ? number(told.about) : t("roughly", { n: number(told.about) }) }));
  }, 600);
  const gives = select(
    tags.map((tag) => [tag.tag_id, tag.name]),
    rule.tag_id,
    { "aria-label": t("rule_gives"), onchange: look },
  );
  const built = buildQuestion(rule.question, { tags, codes: () => codesOf(at), changed: look });
  const submit = async (read) => {
    const id = rule.rule_id;
    await (id ? put(`${path}/${part(id)}`, bodyOf(read)) : post(path, bodyOf(read)));
    asked.close();
    toast(t("saved"), id ? { undo: () => put(`${path}/${part(id)}`, bodyOf(rule)).then(at.again) } : {});
    await at.again();
  };
  const fields = [
    { name: "name", label: t("rule_name"), value: rule.name, required: true, max: 40, example: t("rule_name_example"), first: true },
    { name: "question", label: t("rule_when"), node: h("div.asking", {}, built.node, would), read: built.read, complain: built.complaint },
    { name: "tag_id", label: t("rule_gives"), node: gives, read: () => gives.value, required: true },
    { name: "enabled", label: t("rule_enabled"), kind: "check", value: rule.enabled !== false },
  ];
  const asked = sheet(t(rule.rule_id ? "edit" : "rule_new"), form({ fields, action: t("save"), submit, cancel: () => asked.close() }), {
    wide: true,
  });
  look();
  return asked;
}

async function drop(pressed, rule, at) {
  const path = `${part(at.account)}/tag-rules`;
  await busy(pressed, async () => {
    await remove(`${path}/${part(rule.rule_id)}`);
    toast(t("rule_gone"), { undo: () => post(path, bodyOf(rule)).then(at.again) });
    await at.again();
  });
}
