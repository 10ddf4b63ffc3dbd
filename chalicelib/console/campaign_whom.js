// The beginning of a campaign: what it is called, what kind it is, to whom it goes, and how many that are.

import { KINDS, addVariant, dropVariant, phrase, said } from "./campaign_model.js";
import { h, unique } from "./dom.js";
import { select } from "./forms.js";
import { number, percent } from "./format.js";
import { badge, notice } from "./parts.js";
import { buildQuestion } from "./segment_builder.js";
import { codesOf } from "./code_names.js";
import { knownTags } from "./tag_names.js";
import { t } from "./words.js";

const LONGEST_NAME = 40;
export { addVariant, dropVariant };

export function beginning(page) {
  return [named(page), sentenceOf(page), asked(page)];
}

function named({ state, changed, piece }) {
  const id = unique("name");
  const set = (event) => changed((state.told.name = event.target.value));
  const field = h("input", { type: "text", id, maxlength: LONGEST_NAME, value: state.told.name, placeholder: t("camp_name_example"), oninput: set });
  return piece("name", h("label", { for: id }, t("camp_name")), field);
}

function sentenceOf(page) {
  const { state, changed, piece } = page;
  const kinds = KINDS.map((kind) => [kind, t(`camp_kind_${kind}`)]);
  const change = (event) => {
    const before = state.told.kind;
    state.told.kind = event.target.value;
    state.told.variants = state.told.variants.map((one) => said(one, state.told.kind, before));
    if (state.told.kind === "mass") Object.assign(state.told, { best_hour: false, per_second: 0, per_day: 0, cap: 0 });
    else state.told.tag_id = 0;
    page.library?.();
    page.tags?.();
    changed();
    page.draw();
    page.place.querySelector("[data-where~=kind] select").focus();
  };
  const kind = select(kinds, state.told.kind, { "aria-label": t("camp_kind"), onchange: change });
  const line = h("p.phrase", {}, phrase("camp_say_whom", { kind, whom: whomList(page) }));
  return piece(`kind segment_id tag_id${state.told.question ? "" : " question"}`, line, h("p.hint", {}, t(`camp_means_${state.told.kind}`)));
}

/** One list for everybody, a segment, a tag of WeChat's, or a question of its own. */
function whomList(page) {
  const { state, at, changed } = page;
  const { told } = state;
  const chosen = told.kind === "mass" && told.tag_id ? `tag:${told.tag_id}` : told.segment_id ? `segment:${told.segment_id}` : told.question ? "question:" : "";
  const entries = state.segments.map(({ segment_id: id, name }) => [`segment:${id}`, name]);
  if (told.segment_id && !entries.some(([value]) => value === chosen)) entries.push([chosen, t("camp_a_segment")]);
  const tags = told.kind === "mass" ? knownTags(at.account).map(({ tag_id: id, name }) => [`tag:${id}`, name]) : [];
  const group = (label, list) => list.length > 0 && h("optgroup", { label }, list.map(([value, words]) => h("option", { value }, words)));
  const change = (event) => {
    const [kind, id] = event.target.value.split(":");
    Object.assign(told, { segment_id: kind === "segment" ? id : "", tag_id: kind === "tag" ? Number(id) : 0, question: kind === "question" ? { all: [] } : null });
    page.tags?.();
    changed();
    page.draw();
    page.place.querySelector(kind === "question" ? ".question button" : "[data-where~=segment_id] select:last-of-type")?.focus();
  };
  const list = h(
    "select",
    { "aria-label": t("camp_to_whom"), onchange: change, "data-at": "segment_id" },
    h("option", { value: "" }, t("camp_everybody")),
    group(t("room_segments"), entries),
    group(t("camp_by_tag"), tags),
    h("option", { value: "question:" }, t("camp_by_question")),
  );
  list.value = chosen;
  return list;
}

function asked({ state, at, changed, piece }) {
  if (!state.told.question) return null;
  const set = () => changed((state.told.question = built.read()));
  const built = buildQuestion(state.told.question, { tags: knownTags(at.account), codes: () => codesOf(at), changed: set });
  return piece("question", h("span.label", {}, t("question")), built.node);
}

/** How many it reaches, and whether today's quota is enough for them. */
export function figure({ estimate, quota_left: left }) {
  if (!estimate) return h("p.soft", {}, t("camp_no_estimate"));
  const { about, of, exact: sure, give_or_take: within = 0 } = estimate;
  return h(
    "div.figure",
    {},
    h("b", {}, sure ? number(about) : t("roughly", { n: number(about) })),
    h("span.soft", {}, t("of_followers", { of: number(of), share: percent(about, of) })),
    h("progress", { max: Math.max(1, of), value: about, "aria-hidden": "true" }),
    !sure && badge(t("estimated", { n: number(within) }), "quiet"),
    left !== null && left !== undefined && (left < about ? notice("warn", t("camp_quota_short", { n: number(left) })) : h("span.soft", {}, t("camp_quota", { n: number(left) }))),
  );
}
