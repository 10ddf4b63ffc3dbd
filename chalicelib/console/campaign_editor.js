// Writing a campaign: what to whom, in which words, when; what stands in its way is told beside what it is about.

import { Problem, get, part, post, put } from "./api.js";
import { conflict } from "./campaign_conflict.js";
import { complain, goTo, ours } from "./campaign_faults.js";
import { message } from "./campaign_message.js";
import { MAY_CHANGE, blank, whole } from "./campaign_model.js";
import { previewCard } from "./campaign_preview.js";
import { askToStart } from "./campaign_start.js";
import { goal, timing } from "./campaign_timing.js";
import { beginning, figure } from "./campaign_whom.js";
import { debounced, fill, h, unique } from "./dom.js";
import { back, button, card, head, into, notice, skeleton } from "./parts.js";
import { knownTags, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const LOOK_AFTER_MS = 600;

/** What was written and not saved, by address. */
const drafts = new Map();

export async function edit(place, at) {
  const fresh = at.item === "new";
  const path = `${part(at.account)}/campaigns`;
  const body = h("div");
  fill(place, back(at.to(fresh ? "campaigns" : `campaigns/${part(at.item)}`), t(fresh ? "room_campaigns" : "camp_to_page")), body);
  const load = fresh ? () => ({ document: blank(at.about), version: 0, phase: "draft" }) : () => get(`${path}/${part(at.item)}`);
  let page = null;
  const draw = (shown) => {
    if (!MAY_CHANGE.includes(shown.phase)) return notice("plain", t("camp_no_longer"));
    return (page = editor(shown, { ...at, path, fresh, key: `${at.account}/${at.item}` })).node;
  };
  if ((await into(body, load, draw)) && page) page.begin();
}

function editor(shown, at) {
  const kept = drafts.get(at.key);
  const state = {
    told: kept?.told ?? whole(shown.document),
    version: kept?.version ?? shown.version,
    saved: shown,
    variant: 0,
    seen: new Set(),
    all: false,
    problems: [],
    segments: [],
    templates: null,
  };
  const page = { state, at, place: h("div.columns.campaign-desk"), answer: h("div.answer", { "aria-live": "polite" }), saying: h("div.saying", { "aria-live": "polite" }), todo: h("div.faults-todo") };
  page.later = debounced(() => at.here() && look(page), LOOK_AFTER_MS);
  page.changed = () => {
    drafts.set(at.key, { told: state.told, version: state.version });
    page.saying.querySelector(".notice.bad")?.remove();
    page.preview.draw();
    page.later();
  };
  page.piece = (where, label, ...controls) => piece(page, where, label, controls);
  page.draw = (...names) => draw(page, names);
  page.begin = () => begin(page);
  build(page);
  const discard = () => {
    drafts.delete(at.key);
    at.refresh();
  };
  const unsaved = kept && notice("plain", t("segment_draft"), button(t("segment_discard"), discard, { small: true }));
  return { ...page, node: [head(shown.document.name || t("camp_new")), unsaved, page.place] };
}

/** A control or several, their label, and what is wrong with them. */
function piece(page, where, label, controls) {
  const mistake = h("p.mistake", { id: unique("mistake") });
  const advice = h("p.advice");
  const left = () => page.state.seen.has(where) || complain(page, page.state.seen.add(where));
  return h("div.field", { "data-where": where, onfocusout: left }, label, controls, mistake, advice);
}

const CARDS = {
  whom: (page) => card(t("camp_to_whom"), h("div.form", {}, beginning(page))),
  what: (page) => card(t("camp_what"), message(page)),
  when: (page) => card(t("camp_when"), h("div.form", {}, timing(page))),
  aim: (page) => card(t("camp_goal"), h("div.form", {}, goal(page))),
};

function build(page) {
  page.preview = previewCard(page);
  page.cards = Object.fromEntries(Object.entries(CARDS).map(([name, made]) => [name, made(page)]));
  fill(page.answer, skeleton(2));
  const done = card(t("camp_ready"), page.answer, page.todo, page.saying, saver(page));
  fill(page.place, h("div.pile.writing", {}, Object.values(page.cards)), h("div.pile", {}, page.preview.node, done));
  page.preview.draw();
}

/** All cards or those that are named, drawn anew; whoever is in one of them stays where they are. */
function draw(page, names) {
  const held = whereIs(page);
  for (const name of names.length ? names : Object.keys(CARDS)) {
    const fresh = CARDS[name](page);
    page.cards[name].replaceWith(fresh);
    page.cards[name] = fresh;
  }
  page.preview.draw();
  complain(page);
  if (document.activeElement === document.body) held?.();
}

const CONTROLS = "input, select, textarea, button";

/** How to bring somebody back to the control that they are in now. */
function whereIs({ place }) {
  const control = document.activeElement;
  const where = place.contains(control) && control.closest("[data-where]")?.dataset.where;
  if (!where) return null;
  const home = () => [...place.querySelectorAll("[data-where]")].find(({ dataset }) => dataset.where === where);
  const n = [...home().querySelectorAll(CONTROLS)].indexOf(control);
  const [from, to] = [control.selectionStart, control.selectionEnd];
  return () => {
    const same = home()?.querySelectorAll(CONTROLS)[n];
    same?.focus({ preventScroll: true });
    if (same && from !== null && from !== undefined) same.setSelectionRange(from, to);
  };
}

/** What the page can be used without. */
function begin(page) {
  const { state, at } = page;
  const needsTags = () => at.may("tags:read") && !knownTags(at.account).length && (state.told.kind === "mass" || state.told.question || state.told.goal?.kind === "tagged");
  page.tags = () => needsTags() && tagsOf(at.account).then(() => page.draw("whom", "aim"), () => {});
  page.library = () => library(page);
  page.library();
  if (at.may("segments:read"))
    get(`${part(at.account)}/segments`).then(
      ({ items }) => {
        state.segments = items;
        page.draw("whom");
      },
      () => {},
    );
  page.tags();
  page.later();
}

/** The account's templates and notices, once. */
async function library({ state, at, draw: again }) {
  if (!["template", "notice"].includes(state.told.kind) || state.templates) return;
  const asked = at.may("templates:read") ? get(`${part(at.account)}/templates`) : Promise.resolve({ items: [] });
  state.templates = await asked.then(
    ({ items }) => items,
    () => [],
  );
  again("what");
}

// Checking.

async function look(page) {
  const { state, at } = page;
  const asked = JSON.stringify(state.told);
  page.answer.setAttribute("aria-busy", "true");
  try {
    const found = await post(`${at.path}/check`, { document: JSON.parse(asked) });
    if (asked !== JSON.stringify(state.told)) return null;
    state.problems = [...ours(state.told), ...found.problems];
    const [unasked] = ours(state.told);
    fill(page.answer, unasked ? h("p.soft", {}, unasked.words) : figure(found));
    complain(page);
    return found;
  } catch (problem) {
    if (asked === JSON.stringify(state.told)) fill(page.answer, notice("bad", problem.message));
    return null;
  } finally {
    page.answer.removeAttribute("aria-busy");
  }
}

// Saving.

function saver(page) {
  const act = (deed) => async (press) => {
    const pressed = press.currentTarget;
    pressed.disabled = true;
    fill(page.saying);
    await deed(page).catch((problem) => refused(page, problem, deed));
    pressed.disabled = false;
  };
  const keep = button(t(page.state.saved.phase === "draft" ? "camp_save" : "save"), act(keepIt), page.state.saved.phase === "draft" ? {} : { kind: "primary" });
  const send = page.state.saved.phase === "draft" && button(t("camp_check_and_send"), act(sendIt), { kind: "primary", sign: "send" });
  return h("div.actions.end", {}, keep, send);
}

async function save(page) {
  const { state, at } = page;
  const sent = structuredClone(state.told);
  const [wrong] = [...(sent.name.trim() ? [] : [{ where: "name", words: t("camp_needs_name") }]), ...ours(sent)];
  if (wrong) {
    goTo(page, wrong);
    throw new Problem(wrong.words);
  }
  const id = state.saved.campaign_id;
  const unchanged = id && !drafts.has(at.key);
  if (!unchanged) state.saved = await (id ? put(`${at.path}/${part(id)}`, { document: sent, version: state.version }) : post(at.path, { document: sent }));
  state.version = state.saved.version;
  drafts.delete(at.key);
  return state.saved;
}

async function keepIt(page) {
  const saved = await save(page);
  toast(t("saved"));
  location.hash = page.at.to(`campaigns/${part(saved.campaign_id)}`);
}

/** Nothing is sent while something stands in its way. */
async function sendIt(page) {
  page.state.all = true;
  const found = await look(page);
  if (!found) throw new Problem(t("camp_no_estimate"));
  const blocking = page.state.problems.filter(({ blocks }) => blocks);
  if (blocking.length) {
    goTo(page, blocking[0]);
    throw new Problem(t("camp_mend_first", { n: blocking.length }));
  }
  const begun = await askToStart({ document: page.state.told, found, at: page.at, save: () => save(page) });
  if (begun) location.hash = page.at.to(`campaigns/${part(begun.campaign_id)}`);
}

function refused(page, problem, deed) {
  const { state, at } = page;
  if (problem.status !== 409 || !problem.details?.difference) return fill(page.saying, notice("bad", problem.message));
  const mine = (version) => {
    state.version = version;
    drafts.set(at.key, { told: state.told, version });
    fill(page.saying);
    deed(page).catch((next) => refused(page, next, deed));
  };
  const theirs = () => {
    drafts.delete(at.key);
    at.refresh();
  };
  return fill(page.saying, conflict(problem, { mine, theirs }));
}
