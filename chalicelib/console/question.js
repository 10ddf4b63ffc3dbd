// The questions that segments ask: which fields there are, how each may be asked, and a question as a sentence.

import { number } from "./format.js";
import { languageName, sceneName } from "./people.js";
import { t } from "./words.js";

const TEXT = ["is", "is_not", "contains", "starts_with", "known", "unknown"];
const NUMBER = ["at_least", "at_most", "is", "known", "unknown"];
const DAY = ["within_days", "before_days", "at_least", "at_most", "known", "unknown"];
const CHOICE = ["is", "is_not", "known", "unknown"];

const SCENES = [
  "ADD_SCENE_SEARCH",
  "ADD_SCENE_QR_CODE",
  "ADD_SCENE_PROFILE_CARD",
  "ADD_SCENE_PROFILE_LINK",
  "ADD_SCENE_PROFILE_ITEM",
  "ADD_SCENE_PAID",
  "ADD_SCENE_ACCOUNT_MIGRATION",
  "ADD_SCENE_WECHAT_ADVERTISEMENT",
  "ADD_SCENE_REPRINT",
  "ADD_SCENE_LIVESTREAM",
  "ADD_SCENE_CHANNELS",
  "ADD_SCENE_WXA",
  "ADD_SCENE_OTHERS",
];
const TONGUES = ["zh_CN", "zh_TW", "zh_HK", "en"];

/** name -> {kind, operators, choices?}. Facts (`x.city`) are texts of any name. */
export const FIELDS = {
  tags: { kind: "list", operators: ["has", "has_not"] },
  since: { kind: "day", operators: DAY },
  first_seen: { kind: "day", operators: DAY },
  last_active: { kind: "day", operators: DAY },
  messages: { kind: "number", operators: NUMBER },
  scene: { kind: "text", operators: CHOICE, choices: () => SCENES.map((code) => [code, sceneName(code)]) },
  qr_scene: { kind: "text", operators: TEXT },
  language: { kind: "text", operators: CHOICE, choices: () => TONGUES.map((code) => [code, languageName(code)]) },
  name: { kind: "text", operators: TEXT },
  orders: { kind: "number", operators: NUMBER },
  spent: { kind: "money", operators: NUMBER },
  last_order: { kind: "day", operators: DAY },
  unionid: { kind: "flag", operators: ["is"] },
  blocked: { kind: "flag", operators: ["is"] },
  returned: { kind: "flag", operators: ["is"] },
};
const FACT = { kind: "text", operators: TEXT };
const FACT_MARK = "facts.";

export const EVENTS = ["scanned", "said", "clicked", "voted", "ordered", "visited"];

export const about = (field) => FIELDS[field] || FACT;
export const isFact = (field) => field.startsWith(FACT_MARK);
export const factName = (field) => field.slice(FACT_MARK.length);
export const factField = (name) => FACT_MARK + name;
export const fieldName = (field) => (isFact(field) ? factName(field) : t(`field_${field}`));
export const needsValue = (operator) => !["known", "unknown"].includes(operator);
export const inDays = (operator) => ["within_days", "before_days"].includes(operator);

/** What a new row begins with. */
export function freshRow(field, tags) {
  const { kind, operators, choices } = about(field);
  const is = operators[0];
  const value = { list: tags[0]?.tag_id, flag: true, number: 1, money: 10_000, day: 30, text: choices?.()[0][0] ?? "" }[kind];
  return { field, is, value };
}

/** The mistake in a question, or "". */
export function complaint(question) {
  const [group, parts] = grouped(question);
  if (group === "not") return complaint(parts[0]);
  if (group && !parts.length) return t("question_empty");
  if (group) return parts.map(complaint).find(Boolean) || "";
  if (question.event) return question.at_least >= 1 ? "" : t("question_value", { name: t(`event_${question.event}`) });
  const missing =
    needsValue(question.is) &&
    (question.value === "" || question.value === null || question.value === undefined || Number.isNaN(question.value));
  return missing || question.field === FACT_MARK ? t("question_value", { name: fieldName(question.field) || t("facts") }) : "";
}

/** ["all" | "any" | "not" | "", parts] */
export function grouped(question) {
  if (question.all) return ["all", question.all];
  if (question.any) return ["any", question.any];
  return question.not ? ["not", [question.not]] : ["", []];
}

/** The whole question in words. */
export function sentence(question, tags = []) {
  const [group, parts] = grouped(question);
  if (group === "not") return t("sentence_not", { what: sentence(parts[0], tags) });
  if (group)
    return parts.map((each) => inner(each, tags)).join(t(group === "all" ? "sentence_and" : "sentence_or")) || t("sentence_everybody");
  return question.event ? happened(question) : compared(question, tags);
}

const inner = (question, tags) => {
  const [group, parts] = grouped(question);
  return group && group !== "not" && parts.length > 1 ? t("sentence_group", { what: sentence(question, tags) }) : sentence(question, tags);
};

function happened({ event, what, within_days, at_least }) {
  const times = (at_least || 1) > 1 ? t("sentence_times", { n: at_least }) : "";
  const days = within_days ? t("sentence_within", { n: within_days }) : "";
  return t("sentence_event", { days, times, event: t(`event_${event}`), what: what ? t("sentence_what", { what }) : "" });
}

function compared({ field, is, value }, tags) {
  const { kind, choices } = about(field);
  if (kind === "flag") return `${fieldName(field)}${t("colon")}${t(value ? "yes" : "no")}`;
  const shown =
    { list: () => tags.find((tag) => tag.tag_id === value)?.name ?? `#${value}`, money: () => `¥${number(value / 100)}` }[kind]?.() ??
    choices?.().find(([code]) => code === value)?.[1] ??
    value;
  return `${fieldName(field)} ${t(kind === "day" ? `day_is_${is}` : `is_${is}`, { n: shown }, t(`is_${is}`))}${needsValue(is) && !inDays(is) ? ` ${shown}` : ""}`;
}
