// A question as rows of a form: groups of all, any or not, in each other as deep as somebody wants.

import { fill, h, unique } from "./dom.js";
import { select } from "./forms.js";
import { button } from "./parts.js";
import {
  EVENTS,
  FIELDS,
  about,
  complaint,
  factField,
  factName,
  fieldName,
  freshRow,
  grouped,
  inDays,
  isFact,
  needsValue,
} from "./question.js";
import { t } from "./words.js";

const DEEPEST = 4;
const WITHOUT_WHAT = ["ordered", "visited"];
const NEW_EVENT = { event: "scanned", what: "", within_days: 30, at_least: 1 };

/** {node, read(), complaint(), name()} ; `changed` is told of every change. */
export function buildQuestion(question, { tags, codes, changed = () => {}, readOnly = false }) {
  const state = { tags, codes, changed, root: asGroup(structuredClone(question)) };
  const node = h("fieldset.question", { disabled: readOnly, "aria-label": t("question") });
  state.draw = () => {
    fill(node, group(state.root, state, 0, null));
    changed();
  };
  fill(node, group(state.root, state, 0, null));
  const read = () => asQuestion(state.root);
  const named = (found) => {
    state.tags = found;
    fill(node, group(state.root, state, 0, null));
  };
  return { node, read, complaint: () => complaint(read()), named };
}

/** Inside, a group is {is: "all" | "any" | "none", parts}: "not any of these" is one choice more, not a box in a box. */
function asGroup(question) {
  const [kind, parts] = grouped(question);
  if (kind === "not") {
    const [within, inner] = grouped(parts[0]);
    if (within === "any" || within === "") return { is: "none", parts: (within ? inner : parts).map(asPart) };
    return { is: "none", parts: [asGroup(parts[0])] };
  }
  return kind ? { is: kind, parts: parts.map(asPart) } : { is: "all", parts: [question] };
}

const asPart = (question) => (grouped(question)[0] ? asGroup(question) : question);

function asQuestion(part) {
  if (!part.parts) return part;
  const parts = part.parts.map(asQuestion);
  // One alone stands in the `not` itself, unless it is one: nobody wants "not not".
  if (part.is === "none") return { not: parts.length === 1 && !parts[0].not ? parts[0] : { any: parts } };
  return { [part.is]: parts };
}

function group(part, state, depth, gone) {
  const change = (event) => {
    part.is = event.target.value;
    state.draw();
  };
  const kind = select(
    [
      ["all", t("group_all")],
      ["any", t("group_any")],
      ["none", t("group_none")],
    ],
    part.is,
    { "aria-label": t("group"), onchange: change },
  );
  const off = (index) => () => {
    part.parts.splice(index, 1);
    state.draw();
  };
  const rows = part.parts.map((each, index) =>
    each.parts ? group(each, state, depth + 1, off(index)) : row(each, part, index, state, off(index)),
  );
  const add = (fresh) => () => {
    part.parts.push(fresh());
    state.draw();
  };
  const more = [
    button(
      t("add_condition"),
      add(() => freshRow(state.tags.length ? "tags" : "last_active", state.tags)),
      { sign: "plus", small: true },
    ),
    button(
      t("add_event"),
      add(() => ({ ...NEW_EVENT })),
      { sign: "bolt", small: true, kind: "quiet" },
    ),
    depth < DEEPEST - 1 &&
      button(
        t("add_group"),
        add(() => ({ is: "any", parts: [] })),
        { sign: "segment", small: true, kind: "quiet" },
      ),
  ];
  return h(
    "div.group",
    { class: part.is, role: "group", "aria-label": t(`group_${part.is}`) },
    h("div.group-head", {}, kind, gone && bin(gone)),
    h("div.parts", {}, rows.length ? rows : h("p.soft", {}, t("group_empty"))),
    h("div.group-foot", {}, more),
  );
}

const bin = (act) => button("", act, { sign: "close", kind: "quiet", small: true, title: t("remove_row") });

function row(part, parent, index, state, off) {
  const what = chooser(
    part,
    (fresh) => {
      parent.parts[index] = fresh;
      state.draw();
    },
    state,
  );
  return h("div.row", {}, what, part.event ? eventParts(part, state) : fieldParts(part, state), bin(off));
}

/** Fields, facts and events in one list. */
function chooser(part, chosen, state) {
  const act = (event) => {
    const [kind, name] = event.target.value.split(":");
    if (kind === "event") chosen({ ...NEW_EVENT, event: name });
    else chosen(kind === "fact" ? { field: factField(""), is: "is", value: "" } : freshRow(name, state.tags));
  };
  const group = (label, entries) =>
    h(
      "optgroup",
      { label },
      entries.map(([value, words]) => h("option", { value }, words)),
    );
  const list = h(
    "select.what",
    { "aria-label": t("condition"), onchange: act },
    group(
      t("fields"),
      Object.keys(FIELDS).map((name) => [`field:${name}`, fieldName(name)]),
    ),
    group(t("facts"), [["fact:", t("a_fact")]]),
    group(
      t("events"),
      EVENTS.map((name) => [`event:${name}`, t(`event_${name}`)]),
    ),
  );
  list.value = part.event ? `event:${part.event}` : isFact(part.field) ? "fact:" : `field:${part.field}`;
  return list;
}

function fieldParts(part, state) {
  const { kind, operators } = about(part.field);
  const named = isFact(part.field) && text(factName(part.field), t("fact_name"), (value) => (part.field = factField(value)), state);
  const change = (event) => {
    const days = inDays(part.is);
    part.is = event.target.value;
    if (inDays(part.is) !== days) part.value = inDays(part.is) ? 30 : "";
    if (!needsValue(part.is)) delete part.value;
    else if (part.value === undefined) part.value = freshRow(part.field, state.tags).value;
    state.draw();
  };
  const operator =
    kind !== "flag" &&
    select(
      operators.map((is) => [is, t(kind === "day" ? `day_${is}` : `is_${is}`)]),
      part.is,
      { "aria-label": t("comparison"), onchange: change },
    );
  return [named, operator, needsValue(part.is) && valuePart(part, kind, state)];
}

function valuePart(part, kind, state) {
  const set = (read) => (event) => {
    part.value = read(event.target.value);
    state.changed();
  };
  const choices = about(part.field).choices?.();
  const label = { "aria-label": t("value") };
  if (kind === "list")
    return select(
      state.tags.map((tag) => [tag.tag_id, tag.name]),
      part.value,
      { ...label, onchange: set(Number) },
    );
  if (kind === "flag")
    return select(
      [
        ["true", t("yes")],
        ["false", t("no")],
      ],
      part.value,
      { ...label, onchange: set((value) => value === "true") },
    );
  if (choices) return select(choices, part.value, { ...label, onchange: set(String) });
  if (kind === "day" && !inDays(part.is)) return h("input", { type: "date", ...label, value: part.value ?? "", oninput: set(String) });
  if (kind === "text") return text(part.value, t("value"), (value) => (part.value = value), state);
  const unit = kind === "day" ? t("unit_days") : kind === "money" ? t("unit_yuan") : "";
  const scale = kind === "money" ? 100 : 1;
  return [
    h("input.short", {
      type: "number",
      min: "0",
      ...label,
      value: (part.value ?? 0) / scale,
      oninput: set((value) => (value === "" ? Number.NaN : Math.round(Number(value) * scale))),
    }),
    unit && h("span.soft", {}, unit),
  ];
}

function eventParts(part, state) {
  const count = (name, label, max) =>
    h("input.short", {
      type: "number",
      min: "1",
      max,
      "aria-label": label,
      value: part[name],
      oninput: (event) => state.changed((part[name] = Number(event.target.value))),
    });
  return [
    !WITHOUT_WHAT.includes(part.event) &&
      what(part, text(part.what, t(`event_${part.event}_what`, {}, t("event_what")), (value) => (part.what = value), state), state),
    h("span.with", {}, t("in_the_last"), count("within_days", t("in_the_last"), "90"), t("unit_days")),
    h("span.with", {}, t("at_least_times"), count("at_least", t("at_least_times"), "999"), t("unit_times")),
  ];
}

/** Of codes those there are are proposed, once somebody is about to name one. */
function what(part, field, state) {
  if (part.event !== "scanned" || !state.codes) return field;
  const list = h("datalist", { id: unique("codes") });
  field.setAttribute("list", list.id);
  field.addEventListener("focus", async () => fill(list, await state.codes()), { once: true });
  return [field, list];
}

function text(value, label, set, state) {
  const told = (event) => {
    set(event.target.value.trim());
    state.changed();
  };
  return h("input", { type: "text", value: value ?? "", placeholder: label, "aria-label": label, maxlength: "120", oninput: told });
}
