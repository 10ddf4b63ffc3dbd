// A campaign as it is written: what a new one begins with, its variants and their shares, how long its words may be.

import { mayMessage, mayTemplate } from "./automation_ideas.js";
import { knownTags } from "./tag_names.js";
import { sentence } from "./question.js";
import { moment, time, today } from "./format.js";
import { t } from "./words.js";

export const KINDS = ["template", "notice", "custom", "mass"];
export const LETTERS = ["A", "B", "C", "D"];
/** Something may still happen by itself, so a page looks again. */
export const LIVE = ["scheduled", "planning", "running", "waiting", "settling"];
export const MAY_CHANGE = ["draft", "scheduled"];
export const MAY_GO = ["draft", "done", "cancelled"];
const ZONE = "+08:00";
const VARIABLE = /\{\{|\}\}|\{([^{}|]*)(?:\|([^{}]*))?\}/g;
const FIELD = /^(.*?)[：:]?\s*\{\{\s*(\w+)\.DATA\s*\}\}/;

const VARIANT = { label: "A", share: 100, template: "", fields: {}, link: "", miniprogram: null, reply: null, mass: null };
const DOCUMENT = {
  name: "",
  kind: "template",
  segment_id: "",
  question: null,
  tag_id: 0,
  variants: [VARIANT],
  holdout: 0,
  track: true,
  goal: null,
  send_at: 0,
  best_hour: false,
  per_second: 0,
  per_day: 0,
  cap: 0,
  quiet: true,
  check_content: false,
};

/** With all that the API may have left out; of its own, so that it may be written in. */
export function whole(told) {
  const document = structuredClone({ ...DOCUMENT, ...told });
  document.variants = document.variants.map((one) => structuredClone({ ...VARIANT, ...one }));
  return document;
}

export function blank(account) {
  const kind = mayTemplate(account) ? "template" : mayMessage(account) ? "custom" : "mass";
  return whole({ kind, variants: [said({ ...VARIANT }, kind)] });
}

const templated = (kind) => kind === "template" || kind === "notice";

/** What a variant of this kind needs, and nothing of the kind that it was `of`. */
export function said(variant, kind, of = kind) {
  const words = textOf(variant);
  return {
    ...variant,
    reply: kind === "custom" ? variant.reply || { type: "text", content: words } : null,
    mass: kind === "mass" ? variant.mass || { msgtype: "text", content: words } : null,
    fields: templated(kind) ? variant.fields : {},
    template: templated(kind) && kind === of ? variant.template : "",
    miniprogram: templated(kind) ? variant.miniprogram : null,
    link: kind === "mass" ? "" : variant.link,
  };
}

export const textOf = ({ reply, mass }) => reply?.content || mass?.content || "";

/** One more to compare with: a copy of the last, and everybody's share the same. */
export function addVariant(document) {
  const last = document.variants.at(-1);
  document.variants.push({ ...structuredClone(last), label: LETTERS[document.variants.length] });
  evenly(document);
}

export function dropVariant(document, n) {
  document.variants.splice(n, 1);
  document.variants.forEach((one, index) => (one.label = LETTERS[index]));
  evenly(document);
}

export function evenly({ variants }) {
  const each = Math.floor(100 / variants.length);
  variants.forEach((one, n) => (one.share = n ? each : 100 - each * (variants.length - 1)));
}

/** As somebody sees it of whom nothing is known. */
export function plainly(words, account = "") {
  const [year, month, date] = today().split("-").map(Number);
  const known = { today: `${year}年${month}月${date}日`, account };
  return words.replace(VARIABLE, (part, name, otherwise) => (name === undefined ? part[0] : known[name] || (otherwise ?? `{${name}}`)));
}
export const isFixed = (words) => ![...words.matchAll(VARIABLE)].some(([, name]) => name !== undefined);
export const lengthOf = (words) => [...plainly(words)].length;

/** [{name, label}] in the order in which the template says them. */
export function linesOf(template) {
  const lines = (template?.content || "").split("\n").map((line) => line.match(FIELD));
  const told = lines.filter(Boolean).map(([, label, name]) => ({ name, label: label.trim() }));
  return told.length ? told : (template?.fields || []).map(({ name }) => ({ name, label: name }));
}

/** "variants[0].fields.thing1" and "variants.0.fields.thing1" are one place. */
export const placeOf = (where) => (where || "").replace(/\[(\w+)\]/g, ".$1").replace(/^document\./, "");

/** For a field of a day and an hour, in Shanghai. */
export const toField = (seconds) =>
  seconds ? new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "short" }).format(moment(seconds)).replace(" ", "T") : "";
export const fromField = (text) => (text ? Math.round(Date.parse(`${text}:00${ZONE}`) / 1000) : 0);

/** To whom, in words; a segment's name may not be known yet. */
export function whom({ segment_id: segment, question, tag_id: tag, kind }, at, segments = []) {
  if (kind === "mass" && tag) return t("camp_tagged", { name: knownTags(at.account).find((one) => one.tag_id === tag)?.name ?? `#${tag}` });
  if (segment) return segments.find((one) => one.segment_id === segment)?.name || t("camp_a_segment");
  return question ? sentence(question, knownTags(at.account)) : t("camp_everybody");
}

export function whenOf({ send_at: at, best_hour: best }) {
  const moment_ = at ? time(at) : t("camp_when_now");
  return best ? t("camp_when_best_from", { when: moment_ }) : moment_;
}

/** Words with controls in the places of their {names}: a line of a form that reads as a sentence in both languages. */
export function phrase(key, parts) {
  return t(key)
    .split(/(\{\w+\})/)
    .filter(Boolean)
    .map((word, n) => {
      const part = word.startsWith("{") ? parts[word.slice(1, -1)] : word;
      if (!n) part.classList?.add("first");
      return part;
    });
}
