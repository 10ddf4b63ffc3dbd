// What a campaign says: its variants, the fields of each with their limits and variables, and what a tap on it opens.

import { variables } from "./automation_fields.js";
import { addVariant, dropVariant } from "./campaign_whom.js";
import { evenly, isFixed, lengthOf, phrase } from "./campaign_model.js";
import { counted } from "./campaign_timing.js";
import { fill, h, unique } from "./dom.js";
import { select } from "./forms.js";
import { button, notice, skeleton } from "./parts.js";
import { t } from "./words.js";

const MOST_VARIANTS = 4;
const LONGEST_FREE = 200; // characters of a field without a kind
const LONGEST_TEXT = 600;
const LONGEST_LINK = 1000;
const MASS_KINDS = ["text", "mpnews", "image", "voice", "mpvideo"];

/** The variants as tabs, and the one that is open. */
export function message(page) {
  const { state } = page;
  state.variant = Math.min(state.variant, state.told.variants.length - 1);
  const one = state.told.variants[state.variant];
  const inner = { template: template_, notice: template_, custom, mass }[state.told.kind](page, one, `variants.${state.variant}`);
  const bar = variantBar(page);
  const alone = state.told.variants.length === 1;
  return h("div.form.variant", { onfocusin: remember }, !alone && bar, inner, alone && bar);
}

/** The field that a variable is put into is the one that somebody was in last. */
function remember({ target, currentTarget }) {
  if (!target.matches("[data-words]")) return;
  currentTarget.querySelectorAll(".last-in").forEach((each) => each.classList.remove("last-in"));
  target.classList.add("last-in");
}

function variantBar(page) {
  const { state, changed, piece } = page;
  const { variants } = state.told;
  const open = (n) => {
    state.variant = n;
    page.draw();
    page.place.querySelector(`[data-variant="${n}"]`)?.focus();
  };
  const act = (deed) => () => {
    deed();
    changed();
    open(state.variant);
  };
  const more = () => {
    addVariant(state.told);
    state.variant = variants.length - 1;
  };
  const tab = (one, n) =>
    h("button", { type: "button", role: "tab", "data-variant": n, "aria-selected": String(n === state.variant), onclick: () => open(n) }, t("camp_variant", { label: one.label }));
  const another = state.told.kind !== "mass" && variants.length < MOST_VARIANTS && button(t(variants.length > 1 ? "camp_add_variant" : "camp_split"), act(more), { sign: "plus", kind: "quiet", small: true });
  if (variants.length === 1) return another && h("div.variant-alone", {}, another);
  const drop = button("", act(() => dropVariant(state.told, state.variant)), { sign: "bin", kind: "quiet", small: true, title: t("camp_drop_variant", { label: variants[state.variant].label }) });
  const shares = variants.map((one) => h("span.with", {}, one.label, counted(one, "share", t("camp_share", { label: one.label }), { changed, max: 100 }), "%"));
  const even = button(t("camp_evenly"), act(() => evenly(state.told)), { kind: "quiet", small: true });
  return [h("div.variant-tabs", { role: "tablist", "aria-label": t("camp_variants") }, variants.map(tab), another, drop), piece("variants", h("p.phrase.shares", {}, phrase("camp_say_shares", { shares: h("span.with-all", {}, shares) }), even))];
}

// Template messages and notices.

function template_(page, one, where) {
  const { state } = page;
  if (!state.templates) return skeleton(4);
  const listed = state.templates.filter(({ kind }) => kind === state.told.kind);
  const known = listed.find(({ name }) => name && name === one.template);
  return [chooseTemplate(page, one, where, listed, known), known && templateFields(page, one, where, known), known && variables({ kind: () => "" }, ".variant"), leads(page, one, where)];
}

function chooseTemplate({ state, at, changed, piece, draw, place }, one, where, listed, known) {
  const id = unique("template");
  const named = listed.filter(({ name, state: how }) => name && how !== "gone");
  const nameless = listed.filter(({ name, state: how }) => !name && how !== "gone");
  const options = [["", t("camp_choose_template")], ...named.map(({ name, title, state: how }) => [name, how === "refused" ? t("camp_template_refused", { title }) : title])];
  if (one.template && !known) options.push([one.template, one.template]);
  const change = (event) => {
    one.template = event.target.value;
    const fields = listed.find(({ name }) => name === one.template)?.fields || [];
    one.fields = Object.fromEntries(fields.map(({ name }) => [name, one.fields[name] ?? ""]));
    changed();
    draw();
    place.querySelector(".variant [data-words], .variant select")?.focus();
  };
  const list = select(options, one.template, { id, onchange: change });
  const rooms = h("a", { href: at.to("templates") }, t("camp_to_templates"));
  const hint = named.length ? nameless.length > 0 && t("camp_nameless_templates", { n: nameless.length }) : t(nameless.length ? "camp_name_one" : "camp_no_templates");
  return piece(`${where}.template`, h("label", { for: id }, t("camp_template")), h("div.tag-row", {}, list, rooms), hint && h("p.hint", {}, hint));
}

function templateFields({ piece, changed }, one, where, known) {
  const fields = known.fields.map((field) => {
    const { name, words, longest, choices = [] } = field;
    const label = words || name;
    if (choices.length) {
      const set = (event) => changed((one.fields[name] = event.target.value));
      return piece(`${where}.fields.${name}`, h("span.label", {}, label), select([["", t("camp_choose")], ...choices.map((each) => [each, each])], one.fields[name] || "", { "aria-label": label, onchange: set }));
    }
    return wordsField({ piece, changed }, one.fields, name, { label, longest: longest || LONGEST_FREE, kind: field.kind, where: `${where}.fields.${name}` });
  });
  const strange = Object.keys(one.fields).filter((name) => !known.fields.some((field) => field.name === name));
  return [...fields, strange.length > 0 && notice("warn", t("camp_strange_fields", { names: strange.join(", ") }))];
}

/** A line of words with how long they are of how long they may be, as with the defaults of their variables. */
function wordsField({ piece, changed }, told, key, { label, longest, where, kind = "", area = false }) {
  const id = unique("words");
  const count = h("span.count", { "aria-hidden": "true" });
  const measure = () => {
    const [words, n] = [told[key] || "", lengthOf(told[key] || "")];
    fill(count, t(isFixed(words) ? "camp_count" : "camp_count_about", { n, longest }));
    count.classList.toggle("bad", n > longest);
  };
  const set = (event) => {
    told[key] = event.target.value;
    measure();
    changed();
  };
  const more = { id, value: told[key] || "", "data-words": "", oninput: set };
  const control = area ? h("textarea", { ...more, rows: 4 }) : h("input", { type: "text", autocomplete: "off", placeholder: t(`camp_takes_${kind}`, {}, ""), ...more });
  measure();
  return piece(where, h("label", { for: id }, label), h("div.counted", {}, control, count));
}

// Customer-service and mass messages.

function custom(page, one, where) {
  if (one.reply?.type !== "text") return notice("plain", t("auto_other_message", { kind: one.reply?.type || "?" }));
  const link = [["link", t("camp_link_variable")]];
  return [
    wordsField(page, one.reply, "content", { label: t("auto_says"), longest: LONGEST_TEXT, where: `${where}.reply`, area: true }),
    variables({ kind: () => "" }, ".variant", link),
    address(page, one, where, t("camp_link_of_words")),
  ];
}

function mass(page, one, where) {
  const { changed, piece } = page;
  const kinds = MASS_KINDS.map((kind) => [kind, t(`camp_mass_${kind}`)]);
  const change = (event) => {
    const msgtype = event.target.value;
    one.mass = msgtype === "text" ? { msgtype, content: "" } : { msgtype, media_id: one.mass.media_id || "" };
    changed();
    page.draw();
    page.place.querySelector(".variant select").focus();
  };
  const list = piece(`${where}.mass.msgtype`, h("span.label", {}, t("camp_mass_kind")), select(kinds, one.mass.msgtype, { "aria-label": t("camp_mass_kind"), onchange: change }));
  if (one.mass.msgtype === "text") return [list, wordsField(page, one.mass, "content", { label: t("auto_says"), longest: LONGEST_TEXT, where: `${where}.mass`, area: true })];
  const id = unique("media");
  const set = (event) => changed((one.mass.media_id = event.target.value.trim()));
  const field = h("input", { type: "text", id, maxlength: 128, value: one.mass.media_id, oninput: set, autocomplete: "off" });
  return [list, piece(`${where}.mass`, h("label", { for: id }, "media_id"), field, h("p.hint", {}, t("camp_media_about")))];
}

// Where a tap leads.

function leads(page, one, where) {
  const { changed } = page;
  const way = one.miniprogram ? "mini" : "link";
  const change = (event) => {
    one.miniprogram = event.target.value === "mini" ? { appid: "", pagepath: "" } : null;
    changed();
    page.draw();
    page.place.querySelector(".variant .leads select").focus();
  };
  const ways = select([["link", t("camp_opens_link")], ["mini", t("camp_opens_mini")]], way, { "aria-label": t("camp_opens"), onchange: change });
  return h("div.leads.form", {}, h("p.phrase", {}, phrase("camp_say_opens", { way: ways })), way === "link" ? address(page, one, where, t("camp_link")) : mini(page, one, where));
}

function address({ state, changed, piece }, one, where, label) {
  const id = unique("link");
  const set = (event) => changed((one.link = event.target.value.trim()));
  const field = h("input", { type: "url", id, maxlength: LONGEST_LINK, value: one.link, placeholder: t("camp_link_example"), oninput: set });
  const track = h("input", { type: "checkbox", checked: state.told.track, onchange: (event) => changed((state.told.track = event.target.checked)) });
  return piece(`${where}.link track`, h("label", { for: id }, label), field, h("label.check", {}, track, t("camp_track")));
}

function mini({ changed, piece }, one, where) {
  const text = (key, label, example) => {
    const id = unique("mini");
    const set = (event) => changed((one.miniprogram[key] = event.target.value.trim()));
    return h("div.field", {}, h("label", { for: id }, label), h("input", { type: "text", id, maxlength: 200, value: one.miniprogram[key] || "", placeholder: example, oninput: set }));
  };
  const example = ["wx…", "pages/menu/today"];
  return piece(`${where}.miniprogram`, h("div.pair-of-fields", {}, text("appid", "AppID", example[0]), text("pagepath", t("camp_page"), example[1])), h("p.hint", {}, t("camp_mini_about")));
}
