// An automation to read: a list of steps like a sentence, with the figures of each beside it; and who is inside now.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { STEPS, kindOf } from "./automation_fields.js";
import { WAYS } from "./automation_tree.js";
import { ago, half, number, time } from "./format.js";
import { icon } from "./icons.js";
import { personLink } from "./people.js";
import { badge, notice } from "./parts.js";
import { table } from "./table.js";
import { language } from "./prefs.js";
import { t } from "./words.js";

const PAGE = 20; // people
const SENDS = ["template", "message"];
/** How an English sentence of an automation begins: what operators write may hold any other full stop. */
const ENGLISH = /。(?=(?:When|On the day|\d+ days|If|Each person|A person|Wait|Send|Add|Take|Set|Tell|Hand|End) ?)/;

/** The reader's half of a sentence about an automation. */
export function told(text) {
  const cut = text.search(ENGLISH);
  if (cut < 0) return half(text);
  return language() === "en" ? text.slice(cut + 1).replace(/\.$/, "") : text.slice(0, cut);
}

/** What a mistake says, without the place that it is shown at anyway. */
export const complaintOf = ({ place, message }) => half(message).replace(`${place}：`, "").replace(`${place}: `, "");

export const phase = (name) => badge(t(`auto_phase_${name}`), { running: "good", paused: "warn", draft: "quiet" }[name]);

/** `counts` may be left out; beside each step there is room for what a dry run came to. */
export function flow({ steps, sentences, counts }) {
  const known = wordsOf(sentences);
  const sums = new Map((counts?.steps || []).map((one) => [one.step_id, one]));
  const say = (part) => sentences.filter((one) => one.part === part).map((one) => told(one.text));
  const came = counts && counts.entered > 0 && h("span.figures", {}, figure("auto_came", counts.entered));
  const first = h(
    "li.begin",
    {},
    h("span.sign", {}, icon("bolt")),
    h("div.grow", {}, h("strong", {}, say("when")), say("question").map((words) => h("p", {}, words)), h("p.soft", {}, say("enter"))),
    came,
  );
  const state = { known, sums: counts?.entered ? sums : new Map() };
  return h("ol.flow", {}, first, list(steps, state));
}

/** Of templates that have no name here only the end of their id is said. */
const wordsOf = (sentences) =>
  new Map(sentences.map(({ step_id, text }) => [step_id, told(text).replace(/[\w-]{33,64}/, (id) => `…${id.slice(-6)}`)]));

const list = (steps, state) => steps.map((step) => line(step, state));

function line(step, state) {
  const sum = state.sums.get(step.step_id);
  const words = state.known.get(step.step_id) || t(`auto_step_${kindOf(step)}`);
  const asked = step.do === "branch" ? words.replace(/，走「是」，否则走「否」$|: then; otherwise: else$/, "") : words;
  return h(
    "li",
    { class: `is-${kindOf(step)}` },
    h("span.sign", {}, icon(STEPS[kindOf(step)][0])),
    h("div.grow", {}, h("p", {}, asked)),
    step.do !== "branch" && sum && h("span.figures", {}, sumOf(step, sum)),
    h("span.figures.dry", { "data-dry": step.step_id }),
    step.do === "branch" && h("div.lanes", {}, WAYS.map((way) => side(step, way, sum, state))),
  );
}

function side(step, way, sum, state) {
  const count = sum && h("span.soft", {}, t("auto_people", { n: number((way === "then" ? sum.yes : sum.no) || 0) }));
  const inner = step[way]?.length ? h("ol", {}, list(step[way], state)) : h("p.soft.on", {}, t("auto_goes_on"));
  return h("div.lane", { class: way }, h("div.lane-head", {}, badge(t(`auto_way_${way}`), way === "then" ? "good" : "quiet"), count), inner);
}

const figure = (key, n, kind = "") => h("span", { class: kind }, t(key, { n: number(n) }));

/** The API leaves out what is 0. */
function sumOf(step, { waiting = 0, done = 0, skipped = 0, failed = 0 }) {
  if (step.do === "wait") return [waiting > 0 && figure("auto_waiting", waiting, "now"), figure("auto_passed", done)];
  return [
    figure(SENDS.includes(step.do) ? "auto_sent" : "auto_done", done),
    skipped > 0 && figure("auto_skipped", skipped, "soft"),
    failed > 0 && figure("auto_failed", failed, "bad"),
  ];
}

/** Who is in it now, at which step and until when; paged. */
export function insiders({ automation, sentences }, path, at) {
  const words = wordsOf(sentences);
  const paused = automation.phase === "paused";
  const people = table({
    label: t("auto_inside"),
    columns: [
      { label: t("person"), kind: "wide", cell: (one) => personLink({ ...one, following: true }, at) },
      { label: t("auto_at_step"), kind: "wide", cell: ({ step_id }) => words.get(step_id) || t("auto_older_step") },
      { label: t("auto_goes_on_at"), cell: ({ due_at }) => (paused ? t("auto_phase_paused") : time(due_at)) },
      { label: t("auto_entered"), cell: ({ entered_at }) => ago(entered_at) },
    ],
    load: (cursor) => get(`${path}/people`, { cursor, limit: PAGE }),
    empty: () => h("p.soft", {}, t("auto_nobody")),
  });
  return people;
}

/** What two versions say differently, in sentences. */
export function differences(changes) {
  const part = (change) => t(`auto_part_${change.part}`, {}, t("auto_part_step"));
  const rows = changes.map((change) =>
    h(
      "li",
      {},
      badge(t(`auto_change_${change.what}`), { added: "good", removed: "bad" }[change.what] || "warn"),
      h("div.grow", {}, h("span.soft", {}, part(change)), change.before && change.what !== "moved" && h("del", {}, told(change.before)), change.after && h("ins", {}, told(change.after))),
    ),
  );
  return rows.length ? h("ul.differences", {}, rows) : notice("plain", t("auto_no_difference"));
}

/** Beside each step of a sight, what a dry run came to; the sight may have been drawn anew meanwhile. */
export function showDry(place, run) {
  const steps = new Map((run?.steps || []).map((one) => [one.step_id, one]));
  place.querySelectorAll("[data-dry]").forEach((beside) => {
    const one = steps.get(beside.dataset.dry);
    fill(beside, one && h("span", {}, t("auto_would", { n: number(one.done) })), one?.skipped > 0 && h("span.soft", {}, t("auto_skipped", { n: number(one.skipped) })));
  });
}
