// Forms: a label above each field, its mistake below it, one button that says what it does.

import { fill, h, unique } from "./dom.js";
import { button, notice } from "./parts.js";
import { t } from "./words.js";

/**
 * fields: [{name, label, kind, value, hint, required, options, max, min, pattern}], kind one of text, number, date, area, select,
 * check, or a node of its own ({name, label, node, read()}); `only(values)` says when one is asked at all.
 * What submit(values) throws stands above the button.
 */
export function form({ fields, action, submit, cancel, kind = "primary" }) {
  const rows = fields.map(field);
  const problems = h("div", { "aria-live": "assertive" });
  const send = h("button.button", { type: "submit", class: kind }, action);
  const stop = cancel && button(t("cancel"), cancel);
  const act = async (event) => {
    event.preventDefault();
    await attempt({ rows, problems, send, submit });
  };
  const fit = () => fields.forEach((wish, n) => (rows[n].node.hidden = Boolean(wish.only && !wish.only(values(rows)))));
  fit();
  return h(
    "form.form",
    { onsubmit: act, onchange: fit, novalidate: true },
    rows.map((row) => row.node),
    problems,
    h("div.actions.end", {}, stop, send),
  );
}

const values = (rows) => Object.fromEntries(rows.map((row) => [row.name, row.read()]));

async function attempt({ rows, problems, send, submit }) {
  rows.forEach((row) => row.say(""));
  fill(problems);
  const wrong = rows.filter((row) => !row.node.hidden && row.check());
  if (wrong.length) return wrong[0].focus();
  send.disabled = true;
  try {
    await submit(values(rows));
  } catch (problem) {
    fill(problems, notice("bad", problem.message));
  } finally {
    send.disabled = false;
  }
  return undefined;
}

/** One field of its own, for what has no button: {node, read(), say(mistake), focus()}. */
export function field(wish) {
  const id = unique("field");
  const control = wish.node || CONTROLS[wish.kind || "text"](wish, id);
  const mistake = h("p.mistake", { id: `${id}-mistake` });
  const hint = wish.hint && h("p.hint", { id: `${id}-hint` }, wish.hint);
  const asked = wish.node ? null : control.matches("input, select, textarea") ? control : control.querySelector("input");
  asked?.setAttribute("aria-describedby", [hint && hint.id, mistake.id].filter(Boolean).join(" "));
  const say = (words) => {
    fill(mistake, words);
    asked?.setAttribute("aria-invalid", String(Boolean(words)));
  };
  const read = wish.read || (() => value(asked, wish));
  const check = () => {
    const words = complaint(wish, read());
    if (words) say(words);
    return words;
  };
  const label =
    wish.kind === "check" || !wish.label
      ? null
      : h(
          asked ? "label" : "span.label",
          asked ? { for: id } : {},
          wish.label,
          wish.required && h("span.must", { title: t("required") }, "＊"),
        );
  const node = h("div.field", { class: wish.narrow ? "narrow" : "" }, label, control, hint, mistake);
  return { name: wish.name, node, read, check, say, focus: () => (asked || node.querySelector("input, button"))?.focus() };
}

function complaint(wish, read) {
  if (wish.required && (read === "" || read === null || (Array.isArray(read) && !read.length))) return t("needed");
  if (wish.kind === "number" && read !== null && (Number.isNaN(read) || read < (wish.min ?? -Infinity) || read > (wish.max ?? Infinity)))
    return t("number_between", { min: wish.min ?? 0, max: wish.max ?? "∞" });
  return wish.complain ? wish.complain(read) : "";
}

function value(asked, wish) {
  if (wish.kind === "check") return asked.checked;
  if (wish.kind === "number") return asked.value === "" ? null : Number(asked.value);
  return wish.kind === "area" ? asked.value : asked.value.trim();
}

const CONTROLS = {
  text: (wish, id) => input("text", wish, id, { maxlength: wish.max }),
  number: (wish, id) => input("number", wish, id, { inputmode: "numeric", min: wish.min, max: wish.max }),
  date: (wish, id) => input("date", wish, id, {}),
  area: (wish, id) => h("textarea", { id, rows: wish.rows || 4, maxlength: wish.max, placeholder: wish.example, value: wish.value ?? "" }),
  select: (wish, id) => select(wish.options, wish.value, { id }),
  check: (wish, id) => h("label.check", {}, h("input", { id, type: "checkbox", checked: Boolean(wish.value) }), wish.label),
};

function input(type, wish, id, more) {
  return h("input", { type, id, value: wish.value ?? "", placeholder: wish.example, autocomplete: "off", autofocus: wish.first, ...more });
}

/** options: [[value, words], …] */
export function select(options, chosen, more = {}) {
  const entries = options.map(([code, words]) => h("option", { value: code }, words));
  const list = h("select", more, entries);
  if (chosen !== undefined && chosen !== null) list.value = String(chosen);
  return list;
}
