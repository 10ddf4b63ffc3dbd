// The entries of one menu as rows: opened to be changed, moved by their grip, by arrows or by two buttons.

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { drag } from "./menu_drag.js";
import { adder, entryForm, faultLine } from "./menu_entry.js";
import { aim, indexOf, isGroup, kindOf, listOf, parentOf, walk } from "./menu_model.js";
import { button } from "./parts.js";
import { half } from "./format.js";
import { t } from "./words.js";

const SIGNS = { sub: "menu", click: "say", view: "link", miniprogram: "phone" };
const OTHER_SIGNS = { scan: "scan", pic_: "pen", loca: "bolt" };
const ARROWS = { ArrowUp: -1, ArrowDown: 1 };

/** {node, say(faults), refresh()}; a viewer sees the rows alone. */
export function entries(editor) {
  const { part, mayWrite } = editor;
  const list = h("ul.rows.entries", { "aria-label": t("menu_entries") });
  const rows = walk(part).map(([at, entry]) => row(editor, list, at, entry));
  fill(
    list,
    rows.map((each) => each.node),
  );
  const none = !part.button.length && h("p.soft", {}, t("menu_no_entries"));
  const add = mayWrite && adder(part, "", { add: (above) => editor.add(above) });
  return {
    node: [none, rows.length > 0 && list, add && h("div.actions", {}, add)],
    say: (faults) => rows.forEach((each) => each.say(faults.filter((one) => one.button === each.at))),
    refresh: () => rows.forEach((each) => each.refresh()),
  };
}

function row(editor, list, at, entry) {
  const open = editor.mayWrite && editor.open === at;
  const what = h("span.entry-what");
  const refresh = () => fill(what, h("span.name", {}, entry.name || t("menu_nameless")), h("small.soft", {}, summary(entry)));
  refresh();
  const toggle = editor.mayWrite
    ? h(
        "button.entry-open",
        { type: "button", "aria-expanded": String(open), onclick: () => editor.choose(at) },
        sign(entry),
        what,
        icon("down"),
      )
    : h("div.entry-open", {}, sign(entry), what);
  const head = h(
    "div.entry-head",
    {},
    editor.mayWrite && grip(editor, list, at, entry),
    toggle,
    editor.mayWrite && arrows(editor, at, entry),
  );
  const form = open && entryForm(editor.menu, editor.part, at, actsOn(editor, at));
  const wrong = !open && h("div.faults");
  const note = noteOf(editor, at, entry);
  const say = (faults) => {
    node.classList.toggle(
      "faulty",
      faults.some((one) => one.blocks),
    );
    if (form) form.say(faults);
    else
      fill(
        wrong,
        faults.map((one) => faultLine(one, entry.name)),
      );
  };
  const node = h(
    "li.entry",
    { "data-at": at, class: `${at.includes(".") ? "below" : ""} ${open ? "open" : ""}` },
    head,
    wrong,
    note,
    form && form.node,
  );
  return { node, at, say, refresh };
}

const summary = (entry) => [t(`menu_kind_${kindOf(entry)}`, {}, kindOf(entry)), aim(entry)].filter(Boolean).join(" · ");

function sign(entry) {
  const kind = kindOf(entry);
  return h("span.thumb", {}, icon(SIGNS[kind] || OTHER_SIGNS[kind.slice(0, 4)] || "audit"));
}

const actsOn = (editor, at) => ({
  typed: () => editor.typed(),
  rebuilt: (focus) => editor.rebuilt(focus),
  go: (into) => editor.go(at, into),
  drop: () => editor.drop(at),
  add: (above) => editor.add(above),
  drained: (entry, lost) => editor.drained(entry, lost),
});

function grip(editor, list, at, entry) {
  const press = (down) => {
    editor.remember();
    drag(down, list, editor.part, (to) => to && editor.moved(to, ".grip"));
  };
  const walkBy = (key) => {
    if (!ARROWS[key.key]) return;
    key.preventDefault();
    editor.step(at, ARROWS[key.key], ".grip");
  };
  const name = t("menu_grip", { name: entry.name || t("menu_nameless") });
  return h(
    "button.grip",
    { type: "button", "aria-label": name, title: t("menu_grip_hint"), onpointerdown: press, onkeydown: walkBy },
    icon("grip"),
  );
}

function arrows(editor, at, entry) {
  const last = listOf(editor.part, parentOf(at)).length - 1;
  const one = (by, words, gone) =>
    button("", () => editor.step(at, by, gone ? ".grip" : `.by${by}`), {
      sign: by < 0 ? "rise" : "sink",
      kind: `quiet by${by}`,
      small: true,
      title: t(words, { name: entry.name || t("menu_nameless") }),
      disabled: indexOf(at) === (by < 0 ? 0 : last),
    });
  return h("span.acts", {}, one(-1, "menu_up", indexOf(at) === 1), one(1, "menu_down", indexOf(at) === last - 1));
}

/** What an import could not take over as it was. */
function noteOf(editor, at, entry) {
  const note = !editor.number && (editor.told.draft.notes || []).find((one) => one.key && one.key === entry.key && !isGroup(entry));
  if (!note) return null;
  const content = note.content && h("blockquote", {}, note.content);
  return h("div.entry-note", {}, icon("info"), h("div", {}, h("p", {}, half(note.says)), content));
}
