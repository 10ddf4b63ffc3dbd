// Whom a conditional menu is for, and which is asked first.

import { h } from "./dom.js";
import { field, select } from "./forms.js";
import { whom } from "./menu_changes.js";
import { PLATFORMS } from "./menu_model.js";
import { button } from "./parts.js";
import { knownTags } from "./tag_names.js";
import { t } from "./words.js";

export function ruleForm(editor) {
  const one = editor.part;
  const { account } = editor.at;
  if (!editor.mayWrite) return h("p.soft", {}, t("menu_for", { whom: whom(one.when, account) }));
  const label = field({ name: "label", label: t("menu_label"), value: one.label, max: 40, example: t("menu_label_example") });
  label.node.addEventListener("input", (event) => {
    one.label = event.target.value.trim();
    editor.typed();
  });
  const tag = chooser(
    "menu_tag",
    tagOptions(one, account),
    one.when.tag_id || 0,
    (value) => (one.when.tag_id = Number(value) || 0),
    editor,
  );
  const platform = chooser(
    "menu_platform",
    [["", t("menu_any_phone")], ...PLATFORMS.map((each) => [each, t(`platform_${each}`)])],
    one.when.platform || "",
    (value) => (one.when.platform = value),
    editor,
  );
  const last = editor.menu.conditional.length;
  const shifter = (by, words, off) => button(t(words), () => shift(editor, by), { small: true, kind: "quiet", disabled: off });
  return h(
    "div.menu-rule",
    {},
    h("div.menu-rule-fields", {}, label.node, tag, platform),
    h("p.hint", {}, t("menu_order_about", { n: editor.number })),
    h(
      "div.actions",
      {},
      last > 1 && [shifter(-1, "menu_earlier", editor.number === 1), shifter(1, "menu_later", editor.number === last)],
      h("span.grow"),
      button(t("menu_drop_conditional"), () => drop(editor), { sign: "bin", kind: "quiet", small: true }),
    ),
  );
}

/** A tag that is gone stays in the list by its number, so that nothing else is chosen silently. */
function tagOptions({ when }, account) {
  const known = knownTags(account).map((tag) => [tag.tag_id, tag.name]);
  const gone = when.tag_id && !known.some(([id]) => id === when.tag_id) ? [[when.tag_id, `#${when.tag_id}`]] : [];
  return [[0, t("menu_any_tag")], ...known, ...gone];
}

function chooser(words, options, chosen, act, editor) {
  const list = select(options, chosen, { "aria-label": t(words) });
  list.addEventListener("change", () => {
    act(list.value);
    editor.typed();
  });
  return field({ name: words, label: t(words), node: list }).node;
}

/** The last to be asked; it begins as the menu that was looked at. */
export function addConditional(editor) {
  const when = { tag_id: knownTags(editor.at.account)[0]?.tag_id };
  editor.menu.conditional.push({ label: "", when, button: structuredClone(editor.part.button) });
  Object.assign(editor, { number: editor.menu.conditional.length, open: "" });
  editor.rebuilt();
  editor.rule.querySelector("input")?.focus();
}

function drop(editor) {
  const [index, { menu }] = [editor.number - 1, editor];
  const [gone] = menu.conditional.splice(index, 1);
  Object.assign(editor, { number: 0, open: "" });
  editor.rebuilt();
  const name = gone.label || t("menu_conditional", { n: index + 1 });
  editor.offerUndo(t("menu_dropped", { name }), () => menu.conditional.splice(index, 0, gone));
}

function shift(editor, by) {
  const all = editor.menu.conditional;
  all.splice(editor.number - 1 + by, 0, ...all.splice(editor.number - 1, 1));
  editor.number += by;
  editor.rebuilt();
}
