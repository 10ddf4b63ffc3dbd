// Two wrote the same campaign: what the other changed, and whose shall hold.

import { partOf } from "./campaign_reasons.js";
import { h } from "./dom.js";
import { time } from "./format.js";
import { badge, button, notice } from "./parts.js";
import { t } from "./words.js";

/** `mine(version)` saves over theirs, `theirs()` takes what they wrote. */
export function conflict({ message, details }, { mine, theirs }) {
  const ways = h(
    "div.actions",
    {},
    button(t("auto_take_theirs"), theirs, { small: true }),
    button(t("auto_take_mine"), () => mine(details.version), { small: true, kind: "danger" }),
  );
  const rows = details.difference.map(line);
  return notice("warn", [h("p", {}, message), rows.length > 0 && h("ul.differences", {}, rows), ways]);
}

const line = ({ part, before, after }) =>
  h("li", {}, badge(partOf(part), "warn"), h("div.grow", {}, before && h("del", {}, told(part, before)), after && h("ins", {}, told(part, after))));

const told = (part, value) => (part === "send_at" ? time(Number(value)) : value === "true" ? t("yes") : value === "false" ? t("no") : value);
