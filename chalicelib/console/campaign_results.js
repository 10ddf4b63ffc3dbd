// What became of everybody: a funnel, those who fell out of it and why, and which variant did better.

import { h } from "./dom.js";
import { half, number, percent, time } from "./format.js";
import { icon } from "./icons.js";
import { badge, card, notice } from "./parts.js";
import { reason } from "./campaign_reasons.js";
import { t } from "./words.js";

/** A recipient is in one of these at a time. */
export const STAGES = ["planned", "accepted", "held", "delivered", "refused", "failed", "unknown", "unreported", "suppressed", "cancelled"];
const HAS_ANSWER = ["accepted", "held", "delivered", "refused", "failed", "unknown", "unreported"]; // WeChat was asked
const WENT_OUT = ["accepted", "held", "delivered", "unknown", "unreported"];
const LOST = ["suppressed", "held", "refused", "failed", "unknown", "unreported", "cancelled"];

const sum = (told, names) => names.reduce((all, name) => all + (told[name] || 0), 0);
const total = (funnel) => Object.fromEntries([...STAGES, "clicked", "converted"].map((name) => [name, funnel.reduce((all, one) => all + (one[name] || 0), 0)]));

/** `only(stage)` shows who is in it. */
export function results({ funnel = [], reasons = [], holdout, verdict, phase }, one, only) {
  const { document } = one;
  const all = total(funnel);
  const counts = { tracks: tracked(document), aims: Boolean(document.goal), reported: document.kind !== "custom" };
  return [
    card(t("camp_funnel"), steps(all, counts, phase), lost(all, only)),
    reasons.length > 0 && card(t("camp_reasons"), reasonList(reasons, only)),
    (funnel.length > 1 || holdout?.people > 0) && card(t("camp_verdict"), told(verdict, document), groups(funnel, holdout, document, verdict)),
  ];
}

const tracked = ({ track, variants, kind }) => track && kind !== "mass" && variants.some(({ link, miniprogram }) => link && !miniprogram);

function steps(all, { tracks, aims, reported }, phase) {
  const people = sum(all, STAGES);
  const sent = sum(all, HAS_ANSWER);
  const rows = [
    ["planned", people, people],
    ["sent", sent, people],
    reported && ["delivered", all.delivered, sent],
    tracks && ["clicked", all.clicked, all.delivered || sent],
    aims && ["converted", all.converted, all.delivered || sent],
  ].filter(Boolean);
  const row = ([name, n, of], index) =>
    h(
      "li",
      { class: `is-${name}` },
      h("span.label", {}, t(`camp_step_${name}`)),
      h("span.gauge", {}, width(n, people)),
      h("b", {}, number(n)),
      h("span.soft", { title: t("camp_of_before") }, index ? percent(n, of) : ""),
    );
  const waits = reported && all.accepted > 0 && phase !== "done" && h("p.soft", {}, t("camp_awaiting", { n: number(all.accepted) }));
  return [h("ol.funnel", {}, rows.map(row)), waits];
}

function width(n, of) {
  const bar = h("i");
  bar.style.width = `${of ? Math.max(n ? 0.6 : 0, (n / of) * 100) : 0}%`;
  return bar;
}

/** Each is a way to those people. */
function lost(all, only) {
  const some = LOST.filter((name) => all[name] > 0);
  if (!some.length) return null;
  const line = (name) =>
    h(
      "li",
      {},
      h("button.lost-of", { type: "button", class: `is-${name}`, onclick: () => only(name), title: t(`camp_stage_means_${name}`), "aria-label": t("camp_see_stage", { n: number(all[name]), stage: t(`camp_stage_${name}`) }) }, h("b", {}, number(all[name])), h("span", {}, t(`camp_stage_${name}`))),
    );
  return h("ul.lost", { "aria-label": t("camp_lost") }, some.map(line));
}

function reasonList(reasons, only) {
  const most = Math.max(...reasons.map(({ people }) => people));
  const row = ({ stage, why, people }) => {
    const words = h("button.reason", { type: "button", onclick: () => only(stage), "aria-label": t("camp_see_stage", { n: number(people), stage: reason(why) }) }, reason(why));
    return h("li", {}, badge(t(`camp_stage_${stage}`, {}, stage), ["refused", "failed"].includes(stage) ? "bad" : "quiet"), words, h("span.gauge", {}, width(people, most)), h("b", {}, number(people)));
  };
  return h("ul.why-not", {}, reasons.map(row));
}

// Which did better.

function told(verdict, document) {
  if (!verdict) return h("p.soft", {}, t("camp_no_verdict"));
  const words = half(verdict.words || "");
  if (["told", "cannot_tell", "too_few"].includes(verdict.outcome)) {
    const best = verdict.best && h("span.best", {}, icon("check"), name(verdict.best, document));
    return h("div.verdict", { class: verdict.outcome }, h("p", {}, best, words), (verdict.comparisons || []).length > 1 && pairs(verdict.comparisons));
  }
  const until = verdict.ends_at > 0 && h("p.soft", {}, t("camp_verdict_at", { when: time(verdict.ends_at) }));
  return notice("plain", [h("p", {}, words), until]);
}

const pairs = (list) => h("ul.pairs", {}, list.map((one) => h("li", {}, half(one.words))));

const name = (letter, document) => (letter === "o" ? t("camp_held_out") : t("camp_variant", { label: document.variants["abcd".indexOf(letter)]?.label ?? letter.toUpperCase() }));

/** A line each: of how many, how many clicked and did it, with the interval that is sure. */
function groups(funnel, holdout, document, verdict) {
  const [tracks, aims] = [tracked(document), Boolean(document.goal)];
  const sure = new Map((verdict?.groups || []).map((one) => [one.variant, one]));
  const columns = ["people", document.kind !== "custom" && "delivered", tracks && "clicked", aims && "converted"].filter(Boolean);
  const cells = (told) => columns.map((column) => h("td.number", { "data-label": t(`camp_step_${column}`) }, told[column] === null ? "–" : [number(told[column]), column !== "people" && h("small.soft", {}, ` ${percent(told[column], told.people)}`)]));
  const row = (letter, told) => h("tr", {}, h("th", { scope: "row" }, name(letter, document)), cells(told), h("td", {}, between(sure.get(letter), sure)));
  const rows = funnel.map((one) => row(one.variant, one));
  if (holdout?.people > 0) rows.push(row("o", { people: holdout.people, delivered: null, clicked: null, converted: holdout.converted ?? 0 }));
  const headings = columns.map((column) => h("th.number", { scope: "col" }, t(`camp_step_${column}`)));
  return h("div.scroll.arms", {}, h("table.plain", { "aria-label": t("camp_variants") }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }), headings, h("th", { scope: "col" }, sure.size ? t("camp_interval") : ""))), h("tbody", {}, rows)));
}

/** Where the true rate lies, 95 times in 100, drawn on one scale for all. */
function between(one, sure) {
  if (!one) return "";
  const most = Math.max(...[...sure.values()].map(({ high }) => high), 0.001);
  const mark = h("i");
  const dot = h("b");
  Object.assign(mark.style, { left: `${(one.low / most) * 100}%`, width: `${((one.high - one.low) / most) * 100}%` });
  dot.style.left = `${(one.rate / most) * 100}%`;
  const words = `${percent(one.low, 1)} – ${percent(one.high, 1)}`;
  return h("span.interval", { title: words }, h("span.rail", { "aria-hidden": "true" }, mark, dot), h("small.soft", {}, words));
}
