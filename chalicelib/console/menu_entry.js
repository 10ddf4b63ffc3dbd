// One entry of a menu as a form: its name, what a tap does, where it stands, and what is wrong with it.

import { fill, h } from "./dom.js";
import { field, select } from "./forms.js";
import { half, size } from "./format.js";
import { button } from "./parts.js";
import {
  FAMILIES,
  KINDS,
  MOST,
  NAME_BYTES,
  find,
  isGroup,
  kindOf,
  levelOf,
  listOf,
  mayGo,
  parentOf,
  turnInto,
  walk,
} from "./menu_model.js";
import { t } from "./words.js";

const LONGEST = 1024;

/** {node, say(faults)}. `acts`: typed(), rebuilt(focus), go(into), drop(), add(above), drained(entries) of the editor. */
export function entryForm(menu, part, at, acts) {
  const entry = find(part, at);
  const kind = kindOf(entry);
  const rows = [
    nameField(entry, at, acts),
    kindField(menu, entry, at, acts),
    ...KINDS[kind === entry.type || kind === "sub" ? kind : "sub"].map((name) => wordField(entry, name, acts)),
  ];
  const place = placeField(part, at, acts);
  const others = h("div.faults");
  const more = isGroup(entry) && levelOf(at) === "bar" && adder(part, at, acts);
  const off = button(t("menu_drop"), acts.drop, { sign: "bin", kind: "quiet", small: true });
  const node = h(
    "div.entry-form",
    {},
    others,
    rows.map((row) => row.node),
    place,
    h("div.actions", {}, more, h("span.grow"), off),
  );
  const say = (faults) => {
    rows.forEach((row) =>
      row.say(
        faults
          .filter((one) => one.blocks && one.field === row.name)
          .map((one) => shortly(one, entry.name))
          .join(" "),
      ),
    );
    const named = rows.map((row) => row.name);
    const left = faults.filter((one) => !one.blocks || !named.includes(one.field));
    fill(
      others,
      left.map((one) => faultLine(one, entry.name)),
    );
  };
  return { node, say };
}

/** With the word for what of the entry is meant. */
export function faultLine(fault, name) {
  const what = fault.field && [h("b", {}, t(`menu_${fault.field}`)), t("colon")];
  return h("p", { class: fault.blocks ? "mistake" : "advice" }, what, shortly(fault, name));
}

/** A fault without the words about its place, beside which it stands anyway. */
export function shortly(fault, name = "") {
  const told = half(fault.says);
  const known = [...name].slice(0, 20).join("");
  const from = known ? Math.max(told.indexOf(`「${known}」`), told.indexOf(`“${known}”`), 0) + known.length : 0;
  const cut = told.slice(from).search(/：|: /);
  return cut < 0 ? told : capital(told.slice(from + cut + 1).trim());
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function nameField(entry, at, acts) {
  const most = NAME_BYTES[levelOf(at)];
  const row = field({ name: "name", label: t("menu_name"), value: entry.name || "", required: true, hint: " " });
  const count = () => fill(row.node.querySelector(".hint"), t("menu_bytes", { n: size(entry.name || ""), most }));
  count();
  return heard(row, (words) => {
    entry.name = words;
    count();
    acts.typed();
  });
}

function wordField(entry, name, acts) {
  const row = field({
    name,
    label: t(`menu_${name}`),
    value: entry[name] || "",
    required: true,
    max: LONGEST,
    hint: t(`menu_${name}_hint`),
  });
  return heard(row, (words) => {
    entry[name] = words;
    acts.typed();
  });
}

function heard(row, told) {
  row.node.addEventListener("input", (event) => told(event.target.value.trim()));
  return row;
}

function kindField(menu, entry, at, acts) {
  const chosen = kindOf(entry);
  const families = FAMILIES.map(([family, kinds]) =>
    h(
      "optgroup",
      { label: t(`menu_family_${family}`) },
      kinds
        .filter((kind) => kind !== "sub" || levelOf(at) === "bar" || chosen === "sub")
        .map((kind) => h("option", { value: kind }, t(`menu_kind_${kind}`))),
    ),
  );
  const list = h(
    "select",
    { "aria-label": t("menu_kind"), "data-focus": "kind" },
    !KINDS[chosen] && h("option", { value: chosen }, chosen),
    families,
  );
  list.value = chosen;
  list.addEventListener("change", () => {
    const lost = entry.sub_button || [];
    turnInto(entry, list.value, menu);
    if (lost.length && !entry.sub_button) acts.drained(entry, lost);
    acts.rebuilt('[data-focus="kind"]');
  });
  return field({ name: "type", label: t("menu_kind"), node: list, hint: t(`menu_does_${chosen}`, {}, " ") });
}

/** For who does not drag: in the bar, or below one that opens. */
function placeField(part, at, acts) {
  const goals = [
    "",
    ...walk(part)
      .filter(([place, each]) => levelOf(place) === "bar" && isGroup(each))
      .map(([place]) => place),
  ];
  const open = goals.filter((into) => into !== at && mayGo(part, at, into));
  if (open.length < 2) return null;
  const words = (into) => (into ? t("menu_in", { name: find(part, into).name || t("menu_nameless") }) : t("menu_in_bar"));
  const list = select(
    open.map((into) => [into, words(into)]),
    parentOf(at),
    { "data-focus": "place" },
  );
  list.addEventListener("change", () => acts.go(list.value));
  list.setAttribute("aria-label", t("menu_where"));
  return field({ name: "where", label: t("menu_where"), node: list }).node;
}

export function adder(part, above, acts) {
  const n = listOf(part, above).length;
  const most = MOST[above ? "below" : "bar"];
  const words = t(above ? "menu_add_below" : "menu_add", { n, most });
  return button(words, () => acts.add(above), { sign: "plus", small: true, disabled: n >= most, "data-add": above || "bar" });
}
