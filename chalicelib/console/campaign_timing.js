// When a campaign goes out and how fast, how it spares people, and how one will know what it was good for.

import { fromField, phrase, toField } from "./campaign_model.js";
import { h } from "./dom.js";
import { select } from "./forms.js";
import { knownTags } from "./tag_names.js";
import { t } from "./words.js";

const AN_HOUR = 3600;
const WITHIN_DAYS = 7;
const GOALS = ["", "ordered", "custom", "tagged"];
const [MOST_PER_SECOND, MOST_PER_DAY, MOST_CAP, MOST_HOLDOUT, MOST_DAYS] = [500, 10_000_000, 30, 50, 30];

/** A whole number in a sentence. */
export function counted(told, key, label, { changed, min = 0, max }) {
  const set = (event) => changed((told[key] = Math.max(min, Math.round(Number(event.target.value) || 0))));
  return h("input.short", { type: "number", min, max, inputmode: "numeric", value: told[key], "aria-label": label, oninput: set, "data-at": key });
}

const line = (key, parts) => h("p.phrase", {}, phrase(key, parts));

function ticked(told, key, words, changed) {
  return h("label.check", {}, h("input", { type: "checkbox", checked: told[key], onchange: (event) => changed((told[key] = event.target.checked)) }), words);
}

export function timing(page) {
  return [starts(page), paced(page), spared(page)];
}

function starts(page) {
  const { state, changed, piece } = page;
  const { told } = state;
  const now = () => Math.floor(Date.now() / 1000);
  const way = told.best_hour ? "best" : told.send_at ? "at" : "now";
  const ways = ["now", "at", ...(told.kind === "mass" ? [] : ["best"])].map((one) => [one, t(`camp_when_${one}`)]);
  const change = (event) => {
    const chosen = event.target.value;
    told.best_hour = chosen === "best";
    told.send_at = chosen === "at" ? told.send_at || Math.ceil((now() + AN_HOUR) / AN_HOUR) * AN_HOUR : 0;
    changed();
    page.draw();
    page.place.querySelector("[data-where~=send_at] select").focus();
  };
  const list = select(ways, way, { "aria-label": t("camp_when"), onchange: change });
  const set = (event) => changed((told.send_at = fromField(event.target.value)));
  const moment = way === "at" && h("input.moment", { type: "datetime-local", "aria-label": t("camp_moment"), "data-at": "send_at", value: toField(told.send_at), min: toField(now()), onchange: set });
  const words = way === "at" ? line("camp_say_at", { way: list, moment }) : line("camp_say_now", { way: list });
  return piece("send_at best_hour", words, way === "best" && h("p.hint", {}, t("camp_best_about")));
}

/** "As fast as it goes", or so many a second or a day. */
function paced(page) {
  const { state, changed, piece } = page;
  const { told } = state;
  if (told.kind === "mass") return null;
  const way = told.per_second ? "second" : told.per_day ? "day" : "fast";
  const ways = ["fast", "second", "day"].map((one) => [one, t(`camp_pace_${one}`)]);
  const change = (event) => {
    const chosen = event.target.value;
    Object.assign(told, { per_second: chosen === "second" ? 20 : 0, per_day: chosen === "day" ? 10_000 : 0 });
    changed();
    page.draw();
    page.place.querySelector("[data-where~=per_second] select").focus();
  };
  const list = select(ways, way, { "aria-label": t("camp_pace"), onchange: change });
  const second = () => counted(told, "per_second", t("camp_pace_second"), { changed, min: 1, max: MOST_PER_SECOND });
  const day = () => counted(told, "per_day", t("camp_pace_day"), { changed, min: 1, max: MOST_PER_DAY });
  const words = { fast: () => line("camp_say_fast", { way: list }), second: () => line("camp_say_second", { way: list, n: second() }), day: () => line("camp_say_day", { way: list, n: day() }) };
  return piece("per_second per_day", words[way]());
}

function spared({ state, changed, piece }) {
  const { told } = state;
  const capped = h("p.phrase", {}, phrase("camp_say_cap", { n: counted(told, "cap", t("camp_cap"), { changed, max: MOST_CAP }) }));
  return [
    told.kind !== "mass" && piece("cap", capped),
    piece("quiet", ticked(told, "quiet", t("camp_quiet"), changed)),
    piece("check_content", ticked(told, "check_content", t("camp_check_content"), changed)),
  ];
}

export function goal(page) {
  return [aim(page), page.state.told.kind !== "mass" && held(page)];
}

function aim(page) {
  const { state, at, changed, piece } = page;
  const { told } = state;
  const kind = told.goal?.kind || "";
  const change = (event) => {
    const chosen = event.target.value;
    const more = { custom: { name: "" }, tagged: { tag_id: knownTags(at.account)[0]?.tag_id ?? 0 } }[chosen];
    told.goal = chosen ? { kind: chosen, within_days: told.goal?.within_days ?? WITHIN_DAYS, ...more } : null;
    page.tags?.();
    changed();
    page.draw();
    page.place.querySelector("[data-where=goal] select").focus();
  };
  const list = select(GOALS.map((one) => [one, t(`camp_goal_${one || "none"}`)]), kind, { "aria-label": t("camp_goal"), onchange: change });
  if (!kind) return piece("goal", line("camp_say_no_goal", { goal: list }), h("p.hint", {}, t("camp_goal_about")));
  const days = counted(told.goal, "within_days", t("camp_within_days"), { changed, min: 1, max: MOST_DAYS });
  return piece("goal", line("camp_say_goal", { days, goal: list, which: which(page) }));
}

function which({ state, at, changed }) {
  const { goal: told } = state.told;
  if (told.kind === "custom") {
    const set = (event) => changed((told.name = event.target.value.trim()));
    return h("input.word", { type: "text", maxlength: 60, value: told.name, "aria-label": t("camp_goal_name"), placeholder: t("camp_goal_name"), oninput: set, "data-at": "name" });
  }
  if (told.kind !== "tagged") return "";
  const tags = knownTags(at.account).map(({ tag_id: id, name }) => [id, name]);
  if (!tags.some(([id]) => id === told.tag_id)) tags.unshift([told.tag_id, told.tag_id ? `#${told.tag_id}` : t("camp_goal_tag")]);
  const set = (event) => changed((told.tag_id = Number(event.target.value)));
  return select(tags, told.tag_id, { "aria-label": t("camp_goal_tag"), onchange: set, "data-at": "tag_id" });
}

/** Some who get nothing, by whom one sees what would have happened anyway. */
function held({ state, changed, piece }) {
  const { told } = state;
  const percent = counted(told, "holdout", t("camp_holdout"), { changed, max: MOST_HOLDOUT });
  return piece("holdout", line("camp_say_holdout", { n: percent }), h("p.hint", {}, t("camp_holdout_about")));
}
