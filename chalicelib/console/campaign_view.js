// One campaign: what it is, how far it has come and why it waits, what one may do with it.

import { get, part, post, remove } from "./api.js";
import { LIVE, MAY_CHANGE, MAY_GO, whenOf, whole, whom } from "./campaign_model.js";
import { looks } from "./campaign_preview.js";
import { people } from "./campaign_people.js";
import { massCalls } from "./campaign_mass.js";
import { reason } from "./campaign_reasons.js";
import { results } from "./campaign_results.js";
import { askToStart, problemList } from "./campaign_start.js";
import { figure } from "./campaign_whom.js";
import { confirm } from "./dialogs.js";
import { fill, h, wait } from "./dom.js";
import { ago, number, percent, time } from "./format.js";
import { icon } from "./icons.js";
import { back, badge, busy, button, card, facts, head, into, notice } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const LOOK_EVERY_MS = 2000;
const LOOK_SELDOM_MS = 10_000;
const COLOURS = { running: "good", settling: "good", planning: "good", scheduled: "warn", waiting: "warn", paused: "warn", cancelled: "quiet", draft: "quiet", done: "" };
const GOING = ["planning", "running", "paused", "waiting"];

export const phaseOf = ({ phase }) => badge(t(`camp_phase_${phase}`), COLOURS[phase]);

export async function showOne(place, at) {
  const body = h("div");
  const path = `${part(at.account)}/campaigns/${part(at.item)}`;
  fill(place, back(at.to("campaigns"), t("room_campaigns")), body);
  let page = null;
  const again = async () => {
    const there = await into(
      body,
      () => get(path),
      (one) => (page = sight(one, { ...at, path, again })).node,
      9,
    );
    if (there) page.begin();
  };
  await again();
}

function sight(one, at) {
  const state = { one: { ...one, document: whole(one.document) }, results: null, names: { segments: [], templates: [] } };
  const page = { state, at, top: h("div"), progress: h("div", { "aria-live": "polite" }), shown: h("div.pile"), side: h("div.pile") };
  document.title = `${one.document.name} · ${t("brand")}`;
  page.draw = () => [fill(page.top, top(page)), fill(page.side, about(page))];
  page.draw();
  page.list = one.started_at ? people(state.one, at) : null;
  page.calls = one.started_at && one.document.kind === "mass" ? massCalls(state.one, at) : null;
  if (!one.started_at) fill(page.shown, notYet(page));
  const node = [page.top, h("div.columns", {}, h("div.pile", {}, page.progress, page.shown, page.calls?.node, page.list?.node), page.side)];
  return { node, begin: () => (one.started_at ? watch(page) : [names(page), one.phase === "scheduled" && waitFor(page)]) };
}

// Above all: its name, its phase, what one may do.

function top(page) {
  const { one } = page.state;
  const title = head(one.document.name, null, page.at.may("campaigns:write") ? acts(page) : []);
  title.querySelector("h1").append(" ", phaseOf(one));
  return title;
}

function acts(page) {
  const { state, at } = page;
  const { one } = state;
  const name = { name: one.document.name };
  const to = (deed, words, undo) => (press) => turn(press.currentTarget, page, deed, words, undo);
  const { phase } = one;
  const more = { title: t("camp_copy_named", name), sign: "copy", kind: "quiet" };
  return [
    phase === "draft" && button(t("camp_check_and_send"), () => start(page), { kind: "primary", sign: "send" }),
    MAY_CHANGE.includes(phase) && h("a.button", { href: at.to(`campaigns/${part(one.campaign_id)}`, { view: "edit" }) }, icon("pen"), t("edit")),
    ["running", "planning", "waiting"].includes(phase) && button(t("auto_pause"), to("pause", "camp_is_paused", "resume"), { sign: "pause" }),
    phase === "waiting" && button(t("camp_do_not_wait"), to("resume", "camp_goes_on", "pause"), { sign: "play", kind: "quiet" }),
    phase === "paused" && button(t("auto_resume"), to("resume", "camp_goes_on", "pause"), { sign: "play", kind: "primary" }),
    [...GOING, "scheduled"].includes(phase) && button(t("camp_cancel"), (press) => cancel(press.currentTarget, page), { sign: "block", kind: "quiet" }),
    button("", (press) => copy(press.currentTarget, page), more),
    MAY_GO.includes(phase) && button("", (press) => drop(press.currentTarget, page), { sign: "bin", kind: "quiet", title: t("auto_remove", name) }),
  ];
}

/** Pause or go on: at once, with a way back. */
async function turn(pressed, page, deed, words, undo) {
  const { state, at } = page;
  const told = { name: state.one.document.name };
  await busy(pressed, async () => {
    took(page, await post(`${at.path}/${deed}`, {}));
    toast(t(words, told), { undo: async () => took(page, await post(`${at.path}/${undo}`, {})) });
  });
}

function took(page, one) {
  page.state.one = { ...one, document: whole(one.document) };
  if (page.state.results) Object.assign(page.state.results, { phase: one.phase, why: one.why, waits_until: one.waits_until });
  page.draw();
  if (page.state.results) drawResults(page);
}

async function cancel(pressed, page) {
  const { state, at } = page;
  const open = state.results?.funnel?.reduce((sum, each) => sum + (each.planned || 0), 0);
  const text = state.one.phase === "scheduled" ? t("camp_cancel_scheduled") : t("camp_cancel_about", { n: number(open ?? 0) });
  if (!(await confirm({ title: t("camp_cancel_named", { name: state.one.document.name }), text, action: t("camp_cancel") }))) return;
  await busy(pressed, async () => {
    await post(`${at.path}/cancel`, {});
    toast(t("camp_is_cancelled", { name: state.one.document.name }));
    await at.again();
  });
}

async function copy(pressed, { at }) {
  await busy(pressed, async () => {
    const made = await post(`${at.path}/copy`, {});
    toast(t("camp_is_copied"));
    location.hash = at.to(`campaigns/${part(made.campaign_id)}`, { view: "edit" });
  });
}

async function drop(pressed, { state, at }) {
  const { document, phase } = state.one;
  const text = t(phase === "draft" ? "camp_remove_draft" : "camp_remove_about");
  if (!(await confirm({ title: t("auto_remove", { name: document.name }), text, action: t("delete") }))) return;
  await busy(pressed, async () => {
    await remove(at.path);
    toast(t("auto_gone", { name: document.name }));
    location.hash = at.to("campaigns");
  });
}

async function start({ state, at }) {
  const begun = await askToStart({ document: state.one.document, at, save: () => state.one });
  if (begun) await at.again();
}

// What it is.

function about({ state, at }) {
  const { one, names: known } = state;
  const { document } = one;
  const when = one.started_at ? [t("camp_began_at"), time(one.started_at)] : [t("camp_when"), whenOf(document)];
  const told = facts(
    [t("camp_kind"), t(`camp_kind_${document.kind}`)],
    [t("camp_to_whom"), whom(document, at, known.segments)],
    when,
    one.started_at > 0 && document.best_hour && [t("camp_when"), t("camp_when_best")],
    document.per_second > 0 && [t("camp_pace"), t("camp_rate", { n: number(document.per_second) })],
    document.per_day > 0 && [t("camp_pace"), t("camp_a_day", { n: number(document.per_day) })],
    document.cap > 0 && [t("camp_cap"), t("camp_cap_of", { n: document.cap })],
    document.kind !== "mass" && [t("camp_quiet_short"), t(document.quiet ? "camp_quiet_yes" : "camp_quiet_no")],
    document.goal && [t("camp_goal"), `${t(`camp_goal_${document.goal.kind}`)}${t("camp_within", { n: document.goal.within_days ?? 7 })}`],
    document.holdout > 0 && [t("camp_held_out"), `${document.holdout}%`],
    one.sent_at > 0 && [t("camp_all_sent"), time(one.sent_at)],
    one.done_at > 0 && [t("camp_over"), time(one.done_at)],
    one.changed_by && [t("auto_changed"), ago(one.changed_at), " · ", one.changed_by],
  );
  const many = document.variants.length > 1;
  const shown = document.variants.map((each) => h("figure.said", {}, many && h("figcaption", {}, `${t("camp_variant", { label: each.label })} · ${each.share}%`), looks(document, each, known.templates.find(({ name }) => name && name === each.template) || (each.template && { title: each.template, fields: Object.keys(each.fields).map((name) => ({ name })) }), null, at.about.label)));
  return [card(t("camp_what"), h("div.said-all", {}, shown)), card(t("auto_facts"), told)];
}

/** Names of the segment and of the template come after the page is there. */
async function names(page) {
  const { state, at } = page;
  const { document } = state.one;
  const ask = async (wanted, scope, path, key) => {
    if (!wanted || !at.may(scope)) return;
    state.names[key] = await get(`${part(at.account)}/${path}`).then(
      ({ items }) => items,
      () => [],
    );
    if (at.here()) fill(page.side, about(page));
  };
  await Promise.all([ask(["template", "notice"].includes(document.kind), "templates:read", "templates", "templates"), ask(document.segment_id, "segments:read", "segments", "segments")]);
}

function notYet({ state, at }) {
  const { phase, document } = state.one;
  if (phase === "cancelled") return notice("plain", t("camp_never_began"));
  if (phase === "scheduled") return notice("plain", t("camp_scheduled_about", { when: time(document.send_at) }));
  if (!at.may("campaigns:write")) return notice("plain", t("camp_draft_about"));
  const place = h("div.pile");
  const look = async (press) => {
    const found = await busy(press.currentTarget, () => post(`${part(at.account)}/campaigns/check`, { document }));
    if (found) fill(place, h("div.answer", {}, figure(found)), found.problems.length ? problemList(found.problems, document) : notice("good", t("camp_nothing_wrong")));
  };
  return card(t("camp_next"), h("p.soft", {}, t("camp_draft_about")), place, button(t("camp_check"), look, { sign: "check" }));
}

// How it goes.

/** Looks again as long as something may change and somebody looks. */
async function watch(page) {
  const { state, at } = page;
  for (let tries = 0; at.here() && page.top.isConnected; ) {
    const found = await get(`${at.path}/results`).catch((problem) => ({ problem }));
    if (!at.here() || !page.top.isConnected) return;
    if (found.problem && !state.results) fill(page.progress, notice("bad", found.problem.message, button(t("try_again"), () => at.again(), { sign: "sync", small: true })));
    if (found.problem && (tries += 1) > 3) return;
    if (!found.problem && !state.results) names(page);
    if (!found.problem) took_(page, found);
    if (!found.problem && !LIVE.includes(found.phase) && found.phase !== "paused") return;
    await wait(["planning", "running"].includes(state.results?.phase) ? LOOK_EVERY_MS : LOOK_SELDOM_MS);
  }
}

async function waitFor({ at, state, top: shown }) {
  while (at.here() && shown.isConnected) {
    await wait(LOOK_SELDOM_MS);
    if (!at.here() || !shown.isConnected) return;
    const now = await get(at.path).catch(() => state.one);
    if (now.phase !== state.one.phase) return at.again();
  }
}

function took_(page, found) {
  const { state } = page;
  const moved = state.one.phase !== found.phase;
  Object.assign(state.one, { phase: found.phase, why: found.why, waits_until: found.waits_until });
  state.results = found;
  if (moved) page.draw();
  drawResults(page);
  page.calls?.look();
}

function drawResults(page) {
  const { state, at } = page;
  fill(page.progress, progressOf(state.results, at));
  const open = [...page.shown.querySelectorAll("details[open]")].map((each) => each.dataset.key);
  fill(page.shown, results(state.results, state.one, (stage) => page.list?.only(stage)));
  open.forEach((key) => page.shown.querySelector(`details[data-key="${key}"]`)?.setAttribute("open", ""));
}

function progressOf(found, at) {
  const { phase, progress = 0, per_second: rate, seconds_left: left } = found;
  const words = t(`camp_now_${phase === "running" && progress === 1 ? "settling" : phase}`);
  const bar = h("progress", { max: "1", value: phase === "planning" ? undefined : progress, "aria-label": t("camp_progress") });
  const speed = phase === "running" && [rate > 0 && h("span", {}, t("camp_rate", { n: number(Math.round(rate * 10) / 10) })), left > 0 && h("span", {}, t("camp_left", { long: lasting(left) }))];
  return [
    why(found, at),
    GOING.concat("settling").includes(phase) && h("section.card.run", { class: `is-${phase}` }, h("div.run-head", {}, h("strong", {}, words), h("b", {}, percent(Math.floor(progress * 1000), 1000))), bar, h("p.run-foot.soft", {}, speed)),
  ];
}

/** Why it waits, until when, and what that means. */
function why({ phase, why: told, waits_until: until }) {
  if (!["waiting", "paused", "cancelled"].includes(phase)) return null;
  const on = until ? t("camp_goes_on_at", { when: time(until) }) : t(`camp_halt_${phase}`);
  return notice(phase === "cancelled" ? "plain" : "warn", [told && h("strong", {}, reason(told)), h("p", {}, on)]);
}

export function lasting(seconds) {
  if (seconds < 90) return t("camp_seconds", { n: Math.max(1, Math.round(seconds)) });
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? t("camp_minutes", { n: minutes }) : t("camp_hours", { n: Math.round(minutes / 6) / 10 });
}
