// What one writes for each trigger and each kind of step: controls that change what is told in its place.

import { fill, h, unique } from "./dom.js";
import { select } from "./forms.js";
import { button } from "./parts.js";
import { buildQuestion } from "./segment_builder.js";
import { t } from "./words.js";

const UNITS = [1440, 60, 1]; // minutes
const NAMED = /^[a-z0-9_]{1,32}$/; // a template of our own naming; WeChat's ids are longer
const PERSON = ["name", "orders", "spent"];
/** What an event tells: `order_id` always, `scene|` perhaps, and then the words need something to fall back on. */
const TELLS = {
  followed: ["scene|"],
  scanned: ["scene"],
  said: ["text|"],
  clicked: ["key"],
  viewed: ["url"],
  tagged: ["tag|"],
  untagged: ["tag|"],
  ordered: ["order_id", "amount"],
  attribute_changed: ["attribute", "value|"],
  custom: ["fields.…|"],
  silent: ["days"],
  date: ["date"],
};

const labelled = (label, ...rest) => h("span.with", {}, label, rest);

function text(told, key, label, ctx, { most = 128, where = key, codes = false, ...more } = {}) {
  const set = (event) => ctx.changed((told[key] = event.target.value));
  const field = h("input", {
    type: "text",
    "aria-label": label,
    placeholder: label,
    maxlength: most,
    value: told[key] ?? "",
    "data-at": where,
    oninput: set,
    ...more,
  });
  if (!codes) return field;
  const list = h("datalist", { id: unique("codes") });
  field.setAttribute("list", list.id);
  field.addEventListener("focus", async () => fill(list, await ctx.codes()), { once: true });
  return [field, list];
}

function words(told, key, label, ctx, { where = key, most = 600, rows = 2 } = {}) {
  const set = (event) => ctx.changed((told[key] = event.target.value));
  const more = { rows, maxlength: most, "data-at": where, "data-words": "", oninput: set };
  return h("textarea", { "aria-label": label, placeholder: label, value: told[key] ?? "", ...more });
}

function whole(told, key, label, ctx, { scale = 1, where = key, min = "1", max = "99999" } = {}) {
  const set = (event) => ctx.changed((told[key] = event.target.value === "" ? null : Math.round(Number(event.target.value) * scale)));
  const value = told[key] === null || told[key] === undefined ? "" : told[key] / scale;
  return h("input.short", { type: "number", min, max, value, "aria-label": label, "data-at": where, oninput: set });
}

function choice(told, key, label, options, ctx, read = String) {
  const set = (event) => ctx.changed((told[key] = read(event.target.value)));
  const list = select(options, told[key], { "aria-label": label, "data-at": key, onchange: set });
  return list;
}

/** The tag is chosen by name; one that is gone stays visible as a number. */
function tag(told, ctx) {
  const known = ctx.tags().map(({ tag_id, name }) => [tag_id, name]);
  if (told.tag_id && !known.some(([tag_id]) => tag_id === told.tag_id)) known.push([told.tag_id, `#${told.tag_id}`]);
  if (!told.tag_id) known.unshift(["", t("auto_which_tag")]);
  return choice(told, "tag_id", t("field_tags"), known, ctx, Number);
}

function dated(told, ctx) {
  const days = Math.abs(told.offset_days ?? 0);
  const state = { far: days, side: Math.sign(told.offset_days ?? 0) };
  const set = () => (told.offset_days = (state.far || 0) * state.side);
  const inner = { ...ctx, changed: () => ctx.changed(set()) };
  const far = labelled("", whole(state, "far", t("unit_days"), inner, { min: "0", max: "90", where: "offset_days" }), t("unit_days"));
  const sides = [0, -1, 1].map((side) => [side, t(`auto_side_${side + 1}`)]);
  const side = choice(state, "side", t("auto_side"), sides, { changed: () => [inner.changed(), (far.hidden = !state.side)] }, Number);
  far.hidden = !state.side;
  const yearly = h("input", { type: "checkbox", checked: told.yearly, onchange: (event) => ctx.changed((told.yearly = event.target.checked)) });
  return [text(told, "attribute", t("auto_date_name"), ctx, { most: 40 }), side, far, h("label.check", {}, yearly, t("auto_yearly"))];
}

/** kind -> [what a new one begins with, its controls] */
export const TRIGGERS = {
  followed: [{}],
  scanned: [{ scene: "" }, (told, ctx) => text(told, "scene", t("event_scanned_what"), ctx, { codes: true })],
  said: [{ keyword: "" }, (told, ctx) => text(told, "keyword", t("auto_keyword"), ctx, { most: 40 })],
  ordered: [
    { at_least_fen: 0 },
    (told, ctx) => labelled(t("auto_for_at_least"), whole(told, "at_least_fen", t("auto_for_at_least"), ctx, { scale: 100, min: "0" }), t("unit_yuan")),
  ],
  silent: [{ days: 30 }, (told, ctx) => labelled("", whole(told, "days", t("unit_days"), ctx, { max: "365" }), t("unit_days"))],
  clicked: [{ key: "" }, (told, ctx) => text(told, "key", t("auto_key"), ctx)],
  viewed: [{ url: "" }, (told, ctx) => text(told, "url", t("auto_url_any"), ctx, { most: 200 })],
  tagged: [{ tag_id: null }, tag],
  untagged: [{ tag_id: null }, tag],
  voted: [{ poll_id: "" }, (told, ctx) => text(told, "poll_id", t("auto_poll"), ctx)],
  attribute_changed: [
    { attribute: "", value: "" },
    (told, ctx) => [
      text(told, "attribute", t("fact_name"), ctx, { most: 40 }),
      labelled(t("auto_becomes"), text(told, "value", t("auto_any_value"), ctx, { most: 200 })),
    ],
  ],
  date: [{ attribute: "birthday", offset_days: 0, yearly: true }, dated],
  custom: [{ name: "" }, (told, ctx) => text(told, "name", t("auto_custom_name"), ctx)],
};

function lasting(told, ctx) {
  let unit = UNITS.find((each) => told.minutes % each === 0) || 1;
  const state = { number: told.minutes ? told.minutes / unit : null };
  const set = () => ctx.changed((told.minutes = state.number === null ? null : state.number * unit));
  const units = UNITS.map((each) => [each, t(`auto_unit_${each}`)]);
  const change = (event) => [(unit = Number(event.target.value)), set()];
  return [
    whole(state, "number", t("auto_how_long"), { changed: set }, { where: "minutes" }),
    select(units, unit, { "aria-label": t("auto_unit"), onchange: change }),
  ];
}

const clock = (told, ctx) => [
  text(told, "clock", t("auto_clock"), ctx, { type: "time", class: "short", maxlength: undefined, placeholder: undefined }),
  h("span.soft", {}, t("auto_shanghai")),
];

/** Rows of a name and its words. Those without a name are kept while somebody writes, and not told. */
const written = new WeakMap();

function pairs(told, ctx, { most, name }) {
  if (!written.has(told)) written.set(told, Object.entries(told.fields || {}));
  const rows = written.get(told);
  const place = h("div.named-words");
  const tell = () => ctx.changed((told.fields = Object.fromEntries(rows.filter(([key]) => key))));
  const draw = () =>
    fill(
      place,
      rows.map((row, n) =>
        h(
          "div.named-word",
          {},
          text(row, 0, name, { changed: tell }, { most: 40, where: `name ${n}` }),
          text(row, 1, t("auto_says"), { changed: tell }, { most, where: `fields.${row[0]}`, "data-words": "" }),
          button("", () => [rows.splice(n, 1), draw(), tell()], { sign: "close", kind: "quiet", small: true, title: t("remove_row") }),
        ),
      ),
      button(t("auto_add_field"), () => [rows.push(["", ""]), draw(), place.querySelector(".named-word:last-of-type input").focus()], {
        sign: "plus",
        small: true,
        kind: "quiet",
      }),
    );
  draw();
  return place;
}

function template(told, ctx) {
  const state = { named: told.template || told.template_id };
  const set = () => {
    const plain = state.named.trim();
    Object.assign(told, NAMED.test(plain) ? { template: plain, template_id: "" } : { template: "", template_id: plain });
    ctx.changed();
  };
  return [
    text(state, "named", t("auto_template"), { changed: set }, { most: 64, where: "template" }),
    pairs(told, ctx, { most: 200, name: t("auto_template_field") }),
    text(told, "url", t("auto_template_url"), ctx, { most: 1000 }),
    variables(ctx),
  ];
}

function message(told, ctx) {
  if (told.reply.type !== "text") return h("p.soft", {}, t("auto_other_message", { kind: told.reply.type }));
  return [words(told.reply, "content", t("auto_says"), ctx, { where: "reply.content" }), variables(ctx), h("p.hint", {}, t("auto_message_about"))];
}

function branch(told, ctx) {
  const built = buildQuestion(told.if, {
    tags: ctx.tags(),
    codes: ctx.codes,
    changed: () => ctx.changed((told.if = built.read())),
  });
  return built.node;
}

/** Into the field of this `home` that somebody was in last; `more`: [[variable, words]] besides. */
export function variables(ctx, home = "li.step", more = []) {
  const event = (TELLS[ctx.kind()] || []).map((name) => [`event.${name}`, t(`auto_var_${name.replace(/[^a-z_]/g, "")}`)]);
  const all = [...PERSON.map((name) => [`${name}|`, t(`auto_var_${name}`)]), ["facts.…|", t("auto_var_facts")], ...event];
  const entries = [...more, ...all, ["today", t("auto_var_today")], ["account", t("auto_var_account")]];
  const list = select([["", t("auto_variable")], ...entries], "", { class: "adder", "aria-label": t("auto_variable") });
  list.addEventListener("change", () => {
    const fields = [...list.closest(home).querySelectorAll("[data-words]")];
    const field = fields.find((each) => each.classList.contains("last-in")) || fields[0];
    if (field) insert(field, `{${list.value.replace(/\|$/, `|${t(list.value === "name|" ? "auto_friend" : "auto_unknown")}`)}}`);
    list.value = "";
  });
  return list;
}

function insert(field, said) {
  const from = field.selectionStart ?? field.value.length;
  field.setRangeText(said, from, field.selectionEnd ?? from, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** kind -> [sign, what a new one begins with, its controls] */
export const STEPS = {
  wait: ["clock", { do: "wait", minutes: 60 }, lasting],
  clock: ["bell", { do: "wait", clock: "20:00" }, clock],
  branch: ["fork", { do: "branch", if: { all: [] }, then: [], else: [] }, branch],
  message: ["say", { do: "message", reply: { type: "text", content: "" } }, message],
  template: ["send", { do: "template", template: "", template_id: "", fields: { thing1: "" }, url: "", miniprogram: null }, template],
  tag: ["tag", { do: "tag", tag_id: null }, tag],
  untag: ["tag", { do: "untag", tag_id: null }, tag],
  attribute: [
    "pen",
    { do: "attribute", attribute: "", value: "" },
    (told, ctx) => [
      text(told, "attribute", t("fact_name"), ctx, { most: 40 }),
      labelled(t("auto_set_to"), text(told, "value", t("value"), ctx, { most: 200, "data-words": "" })),
      variables(ctx),
    ],
  ],
  webhook: ["link", { do: "webhook", fields: {} }, (told, ctx) => [h("p.hint", {}, t("auto_webhook_about")), pairs(told, ctx, { most: 600, name: t("auto_field_name") }), variables(ctx)]],
  hand_over: [
    "people",
    { do: "hand_over", hours: 2, desk: "" },
    (told, ctx) => [labelled("", whole(told, "hours", t("auto_hours"), ctx, { max: "168" }), t("auto_hours")), text(told, "desk", t("auto_desk"), ctx, { most: 41 })],
  ],
  end: ["block", { do: "end" }, () => null],
};

/** Waiting for an hour of the day is shown as a kind of its own. */
export const kindOf = (step) => (step.do === "wait" && step.clock !== undefined ? "clock" : step.do);
