// Which events an endpoint asks for: told in words, and chosen from a list, each with what it must be about.

import { fill, h, unique } from "./dom.js";
import { select } from "./forms.js";
import { icon } from "./icons.js";
import { button } from "./parts.js";
import { language } from "./prefs.js";
import { knownTags } from "./tag_names.js";
import { t } from "./words.js";

/** kind -> its drawing, and by what it is chosen ("" where there is nothing to choose by). */
const KINDS = {
  followed: ["person", "scene"],
  left: ["gone", ""],
  said: ["say", "word"],
  scanned: ["scan", "scene"],
  clicked: ["menu", "key"],
  viewed: ["globe", "url"],
  tagged: ["tag", "tag"],
  untagged: ["tag", "tag"],
  voted: ["vote", "poll"],
  ordered: ["bolt", ""],
  delivered: ["send", "outcome"],
  consent_changed: ["check", "attribute"],
  attribute_changed: ["pen", "attribute"],
  custom: ["plug", "name"],
  automation: ["flow", "automation"],
};
const OUTCOMES = ["delivered", "refused", "failed"];
const MOST = 50;
const LONGEST = 200;

const comma = () => (language() === "en" ? " · " : "、");
export const eventName = (kind) => t(`ep_event_${kind}`, {}, kind);

/** One thing that it must be about, as people call it. */
function named(kind, about, account) {
  if (KINDS[kind]?.[1] === "tag") return knownTags(account).find(({ tag_id }) => String(tag_id) === about)?.name || `#${about}`;
  return kind === "delivered" ? t(`ep_outcome_${about}`, {}, about) : about;
}

/** In a line: the kinds alone. */
export const asked = (wants) => t("ep_asks", { kinds: Object.keys(wants).map(eventName).join(comma()) });

export const needsTags = (wants) => Object.entries(wants).some(([kind, abouts]) => abouts.length && KINDS[kind]?.[1] === "tag");

/** A line for each kind: all of it, or about what. */
export function wantsInWords(wants, account) {
  const line = ([kind, abouts]) =>
    h(
      "li",
      {},
      icon(KINDS[kind]?.[0] || "bolt"),
      h("span.grow", {}, eventName(kind)),
      abouts.length
        ? h("span.abouts", {}, h("span.soft", {}, t(`ep_by_${KINDS[kind][1]}`)), abouts.map((one) => h("span.chip.tint0", {}, named(kind, one, account))))
        : h("span.soft", {}, KINDS[kind]?.[1] ? t("ep_all") : ""),
    );
  return h("ul.wants", {}, Object.entries(wants).map(line));
}

/** {node, read(), redraw()}: a box for each kind; below a ticked one what it must be about. Tags have names by then. */
export function chooseWants(wants, { account, codes }) {
  const state = new Map(Object.entries(wants).map(([kind, abouts]) => [kind, [...abouts]]));
  const all = Object.keys(KINDS).map((kind) => choice(kind, state, { account, codes }));
  const node = h(
    "div.choose-wants",
    { role: "group", "aria-label": t("ep_wants") },
    all.map((one) => one.node),
  );
  const redraw = () => all.forEach((one) => one.draw());
  return { node, redraw, read: () => Object.fromEntries(Object.keys(KINDS).flatMap((kind) => (state.has(kind) ? [[kind, state.get(kind)]] : []))) };
}

function choice(kind, state, ctx) {
  const [sign, by] = KINDS[kind];
  const filter = h("div.filter");
  const draw = () => fill(filter, by && state.has(kind) && filters(kind, by, state, ctx));
  const turn = (event) => {
    if (event.target.checked) state.set(kind, []);
    else state.delete(kind);
    draw();
  };
  draw();
  const box = h("input", { type: "checkbox", value: kind, checked: state.has(kind), onchange: turn });
  return { node: h("div.want", {}, h("label.check", {}, box, icon(sign), eventName(kind)), filter), draw };
}

function filters(kind, by, state, ctx) {
  const chips = h("span.chips");
  const draw = () => {
    field.invite(t(state.get(kind).length ? "ep_another" : "ep_any"));
    fill(
      chips,
      state.get(kind).map((one) => {
        const name = named(kind, one, ctx.account);
        const off = () => [state.set(kind, state.get(kind).filter((each) => each !== one)), draw(), field.focus()];
        return h("span.chip.tint0", {}, name, h("button", { type: "button", "aria-label": t("ep_drop_about", { name }), onclick: off }, icon("close")));
      }),
    );
  };
  const add = (about) => {
    if (!about) return; // nothing is drawn anew below a press
    const known = state.get(kind);
    if (!known.includes(about) && known.length < MOST) state.set(kind, [...known, about]);
    draw();
  };
  const field = by === "tag" || by === "outcome" ? picker(kind, by, add, ctx) : typed(kind, by, add, ctx);
  draw();
  return [h("span.soft", {}, t(`ep_by_${by}`)), chips, field.node, field.hint && h("p.hint", {}, t(by === "word" ? "ep_by_word_hint" : "ep_by_hint"))];
}

function picker(kind, by, add, { account }) {
  const known = by === "tag" ? knownTags(account).map(({ tag_id, name }) => [tag_id, name]) : OUTCOMES.map((one) => [one, t(`ep_outcome_${one}`)]);
  const list = select([["", t("ep_any")], ...known], "", { class: "adder", "aria-label": `${eventName(kind)}${t("colon")}${t(`ep_by_${by}`)}` });
  list.addEventListener("change", () => [add(list.value), (list.value = "")]);
  return { node: list, focus: () => list.focus(), invite: (words) => (list.options[0].text = words) };
}

function typed(kind, by, add, { codes }) {
  const take = () => {
    add(field.value.trim());
    field.value = "";
  };
  const enter = (key) => {
    if (key.key !== "Enter" || key.isComposing) return;
    key.preventDefault(); // it would send the form
    take();
  };
  const list = by === "scene" && h("datalist", { id: unique("codes") });
  const field = h("input", {
    type: "text",
    maxlength: LONGEST,
    autocomplete: "off",
    "aria-label": `${eventName(kind)}${t("colon")}${t(`ep_by_${by}`)}`,
    list: list ? list.id : undefined,
    onkeydown: enter,
    onblur: take, // what was typed is meant, also without Enter
  });
  if (list) field.addEventListener("focus", async () => fill(list, await codes()), { once: true });
  const node = h("span.typed", {}, field, list, button("", take, { sign: "plus", small: true, title: t("ep_add_about") }));
  return { node, hint: true, focus: () => field.focus(), invite: (words) => (field.placeholder = words) };
}

