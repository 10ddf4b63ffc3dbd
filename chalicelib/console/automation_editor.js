// Writing an automation: when, for whom, how often, and then what; checked while one writes, tried before it is saved.

import { Problem, get, part, post, put } from "./api.js";
import { dryRun } from "./automation_dry_run.js";
import { TRIGGERS } from "./automation_fields.js";
import { ideaOf } from "./automation_ideas.js";
import { stepList } from "./automation_steps.js";
import { freshId, walk } from "./automation_tree.js";
import { complaintOf, differences, flow, showDry } from "./automation_view.js";
import { codesOf } from "./code_names.js";
import { debounced, fill, h, unique } from "./dom.js";
import { select } from "./forms.js";
import { number } from "./format.js";
import { back, button, card, head, into, notice } from "./parts.js";
import { buildQuestion } from "./segment_builder.js";
import { knownTags, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const ENTERS = ["person", "cause", "each"];
const BLANK = { name: "", when: { kind: "followed" }, question: null, enter: "person", steps: [] };
const LONGEST_NAME = 40;

/** What was written and not saved, by address. */
const drafts = new Map();

export async function edit(place, at) {
  const fresh = at.item === "new";
  const path = `${part(at.account)}/automations`;
  const body = h("div");
  const home = fresh ? at.to("automations") : at.to(`automations/${part(at.item)}`);
  fill(place, back(home, t(fresh ? "room_automations" : "auto_to_page")), body);
  const begun = { ...BLANK, ...ideaOf(at.about, at.query.get("example")) };
  const load = fresh ? () => ({ automation: begun, sentences: [], counts: null }) : () => get(`${path}/${part(at.item)}`);
  let page = null;
  const there = await into(body, load, (shown) => (page = editor(shown, { ...at, path, fresh, key: `${at.account}/${at.item}?${at.query}` })).node);
  if (!there || !page) return;
  if (at.may("tags:read") && !knownTags(at.account).length) tagsOf(at.account).then(page.draw, () => {});
  page.begin();
}

const bodyOf = ({ name, when, question, enter, steps }) => ({ name, when, question, enter, steps });

/** Every step has a name from the beginning, so that mistakes and figures find it. */
function named(told) {
  walk(told.steps).forEach(({ step }) => (step.step_id ||= freshId()));
  return told;
}

function editor(shown, at) {
  const kept = drafts.get(at.key);
  const state = {
    told: named(kept?.told ?? structuredClone(bodyOf(shown.automation))),
    version: kept?.version ?? shown.automation.version,
    seen: new Set(),
    mistakes: [],
    all: false,
  };
  const page = { state, shown, at, place: h("div.columns"), reads: h("div"), saying: h("div.saying", { "aria-live": "polite" }) };
  const later = debounced(() => check(page).catch(() => {}), 600);
  page.ctx = {
    tags: () => knownTags(at.account),
    codes: () => codesOf(at),
    kind: () => state.told.when.kind,
    complain: () => complain(page),
    changed: () => {
      drafts.set(at.key, { told: state.told, version: state.version });
      later();
    },
  };
  page.draw = () => draw(page);
  page.begin = () => (at.fresh || kept ? later() : read(page, shown.sentences));
  page.draw();
  const title = head(shown.automation.name || t("auto_new"));
  return { ...page, node: [title, kept && unsaved(at), page.place] };
}

function unsaved(at) {
  const discard = () => {
    drafts.delete(at.key);
    at.refresh();
  };
  return notice("plain", t("segment_draft"), button(t("segment_discard"), discard, { small: true }));
}

function draw(page) {
  const { state, at, ctx } = page;
  page.steps = stepList(state, ctx, at.about);
  const first = card(t("auto_first"), h("div.form", {}, named_(page), when(page), asked(page), often(page)));
  const then = card(t("auto_then"), page.steps.node, h("p.mistake", { "data-part": "steps" }));
  const tried = dryRun(at, () => whole(page), (run) => showDry(page.steps.node, run));
  const aside = h("div.pile", {}, card(t("auto_save_card"), inside(page), page.saying, saver(page)), card(t("auto_last_week"), tried), card(t("auto_reads"), page.reads));
  fill(page.place, h("div.pile.writing", {}, first, then), aside);
}

/** A part of the beginning: its label, its controls, what is wrong with it. */
function piece(page, name, label, ...controls) {
  const mistake = h("p.mistake", { "data-part": name, id: unique("mistake") });
  const left = () => page.state.seen.has(name) || complain(page, page.state.seen.add(name));
  return h("div.field", { onfocusout: left }, label, controls, mistake);
}

function named_(page) {
  const { state, ctx } = page;
  const id = unique("name");
  const set = (event) => ctx.changed((state.told.name = event.target.value));
  const example = t("auto_name_example");
  const field = h("input", { type: "text", id, maxlength: LONGEST_NAME, value: state.told.name, placeholder: example, oninput: set, "data-at": "name" });
  return piece(page, "name", h("label", { for: id }, t("auto_name")), field);
}

function when(page) {
  const { state, ctx } = page;
  const kinds = Object.keys(TRIGGERS).map((kind) => [kind, t(`auto_when_${kind}`)]);
  const place = h("div.row.when");
  const change = (event) => {
    state.told.when = { kind: event.target.value, ...structuredClone(TRIGGERS[event.target.value][0]) };
    show();
    page.steps.draw();
    ctx.changed();
    place.querySelector("select").focus();
  };
  const show = () => {
    const list = select(kinds, state.told.when.kind, { class: "what", "aria-label": t("auto_when"), onchange: change });
    fill(place, list, TRIGGERS[state.told.when.kind][1]?.(state.told.when, ctx));
  };
  show();
  return piece(page, "when", h("span.label", {}, t("auto_when")), place);
}

function asked(page) {
  const { state, ctx } = page;
  const set = () => {
    const question = built.read();
    ctx.changed((state.told.question = question.all && !question.all.length ? null : question));
  };
  const built = buildQuestion(state.told.question || { all: [] }, { tags: ctx.tags(), codes: ctx.codes, changed: set });
  return piece(page, "question", h("span.label", {}, t("auto_for_whom")), h("p.hint", {}, t("auto_for_whom_about")), built.node);
}

function often(page) {
  const { state, ctx } = page;
  const options = ENTERS.map((each) => [each, t(`auto_enter_${each}`)]);
  const set = (event) => ctx.changed((state.told.enter = event.target.value));
  return piece(page, "enter", h("span.label", {}, t("auto_often")), select(options, state.told.enter, { "aria-label": t("auto_often"), onchange: set }));
}

/** Said before it is saved: whoever is inside finishes what they entered. */
function inside({ shown: { automation, counts } }) {
  if (!counts || automation.phase === "draft") return h("p.soft", {}, t("auto_will_be_draft"));
  return notice("plain", counts.inside ? t("auto_inside_finish", { n: number(counts.inside) }) : t("auto_from_now_on"));
}

// Checking.

async function check(page) {
  const asked = JSON.stringify(page.state.told);
  const { mistakes, sentences } = await post(`${page.at.path}/check`, JSON.parse(asked));
  if (asked !== JSON.stringify(page.state.told)) return mistakes;
  page.state.mistakes = mistakes;
  complain(page);
  read(page, mistakes.length ? null : sentences);
  return mistakes;
}

/** What is written, if nothing is wrong with it; else all is told that is. */
async function whole(page) {
  page.state.all = true;
  const wrong = await check(page);
  if (wrong.length) throw new Problem(t("auto_mistakes", { n: number(wrong.length) }));
  return page.state.told;
}

function read(page, sentences) {
  if (sentences) fill(page.reads, flow({ steps: page.state.told.steps, sentences }));
  else fill(page.reads, h("p.soft", {}, t("auto_not_yet")));
}

/** Each mistake beside what it is about, once somebody has been there, or wants to save. */
function complain(page) {
  const { state, place } = page;
  const entries = walk(state.told.steps).reverse(); // the innermost first
  place.querySelectorAll(".mistake").forEach((each) => fill(each));
  place.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
  state.mistakes.forEach((mistake) => {
    const entry = entries.find((one) => mistake.place === one.place || mistake.place.startsWith(`${one.place}.`));
    const key = entry?.step.step_id ?? mistake.place.split(/[.[]/)[0];
    if (!state.all && !state.seen.has(key)) return;
    const home = entry ? place.querySelector(`[data-step="${key}"]`) : place.querySelector(`.mistake[data-part="${key}"]`)?.parentElement;
    const where = mistake.place.slice((entry?.place ?? key).length + 1);
    if (home) beside(home, mistake, where || (entry ? "" : key), entry?.step ?? (where ? state.told[key] : state.told));
  });
}

function beside(home, mistake, where, told) {
  const words = home.querySelector(":scope > .mistake");
  const about = where.startsWith("fields.") ? `${where.slice("fields.".length)}${t("colon")}` : "";
  words.append(h("span", {}, about, plainly(mistake, where, told)));
  const own = [...home.querySelectorAll("[data-at]")].filter((each) => each.closest("li.step, .field") === home);
  const control = own.find((each) => each.dataset.at === where) || (!where && own[0]);
  if (!control) return;
  control.setAttribute("aria-invalid", "true");
  if (words.id) control.setAttribute("aria-describedby", words.id);
}

/** What was left empty wants no rules told, only to be filled in. */
function plainly(mistake, where, told) {
  if (where === "template" && !told.template && !told.template_id) return t("auto_template_needed");
  if (told.do === "wait" && !told.minutes && !told.clock) return t("needed");
  const given = /^[\w.]+$/.test(where) ? where.split(".").reduce((value, name) => value?.[name], told) : told;
  return given === "" || given === null || given === undefined ? t("needed") : complaintOf(mistake);
}

// Saving.

function saver(page) {
  const act = async (press) => {
    const pressed = press.currentTarget;
    pressed.disabled = true;
    await save(page).catch((problem) => refused(page, problem));
    pressed.disabled = false;
  };
  return h("div.actions", {}, button(t("save"), act, { kind: "primary", sign: "check" }));
}

async function save(page) {
  const { state, at, shown } = page;
  fill(page.saying);
  await whole(page);
  const path = `${at.path}/${part(at.item)}`;
  const saved = at.fresh ? await post(at.path, state.told) : await put(path, { ...state.told, version: state.version });
  drafts.delete(at.key);
  const again = () => window.dispatchEvent(new HashChangeEvent("hashchange"));
  const undo = () => put(path, { ...bodyOf(shown.automation), version: saved.version }).then(again);
  toast(t("saved"), at.fresh || saved.version === shown.automation.version ? {} : { undo });
  return (location.hash = at.to(`automations/${part(saved.automation_id)}`));
}

/** Somebody else was first: what they changed, and whose shall hold. Else the first mistake is where one goes on. */
function refused(page, problem) {
  const { state, at } = page;
  if (problem.status !== 409 || !problem.details?.version) {
    const first = page.place.querySelector(".mistake:not(:empty)")?.parentElement;
    (first?.querySelector("[aria-invalid]") || first?.querySelector("input, select, textarea, button"))?.focus();
    return fill(page.saying, notice("bad", problem.message));
  }
  const mine = () => {
    state.version = problem.details.version;
    save(page).catch((next) => refused(page, next));
  };
  const theirs = () => {
    drafts.delete(at.key);
    at.refresh();
  };
  const ways = h("div.actions", {}, button(t("auto_take_theirs"), theirs, { small: true }), button(t("auto_take_mine"), mine, { small: true, kind: "danger" }));
  return fill(page.saying, notice("warn", [h("p", {}, problem.message), differences(problem.details.difference), ways]));
}
