// Why a person or a whole campaign got no further, in words: our own codes, WeChat's numbers, or whole sentences.

import { half } from "./format.js";
import { t } from "./words.js";

const OF_WHAT = /^(message|template|account): (.*)$/;
const NUMBERED = /^(-?\d+)\s*(.*)$/;

export function reason(why) {
  if (!why) return t("camp_why_none");
  const [, what, rest] = why.match(OF_WHAT) || [];
  if (what) return `${t(`camp_why_${what}`)}${t("colon")}${reason(rest)}`;
  const known = t(`camp_why_${why.replace(/^failed: ?/, "").replace(/\W+/g, "_")}`, {}, "");
  if (known) return known;
  const [, code, words] = why.match(NUMBERED) || [];
  return code ? t(`camp_code_${code.replace("-", "x")}`, {}, "") || t("camp_code", { code, words }) : half(why);
}

/** variants[1].fields.thing1 -> what it is called where one writes it; of the only variant there is no need to say which. */
export function partOf(place, many = true) {
  const [first, ...more] = place.split(/[.[\]]+/);
  const inner = first === "variants" && more.length > 1;
  const name = inner ? more.slice(1).find((word) => word !== "fields") : first;
  const variant = inner && many ? `${t("camp_variant", { label: "ABCD"[Number(more[0])] })} ` : "";
  return variant + t(`camp_part_${name}`, {}, name);
}

/** What a check found, without the place that it is shown at anyway; what was left empty wants no rules told. */
export function complaintOf({ where, words }, document) {
  const given = where.split(".").reduce((value, name) => value?.[name], document);
  if (/^(name|goal\.)/.test(where) && !given) return t("needed");
  return half(words).replace(`${where}：`, "").replace(`${where}: `, "");
}
