// The automations that one person is in, or was: where they are, what was done, and why not.

import { get, part } from "./api.js";
import { told } from "./automation_view.js";
import { h } from "./dom.js";
import { ago, half, time } from "./format.js";
import { badge, card, into } from "./parts.js";
import { t } from "./words.js";

const KINDS = { inside: "good", failed: "bad" };
const OUTCOMES = { skipped: "warn", failed: "bad" };

/** Fills itself; nothing for who may not read automations. */
export function journeyCard(at) {
  if (!at.may("automations:read")) return null;
  const body = h("div.journeys");
  const draw = ({ items }) => (items.length ? h("ul.bare", {}, items.map((one) => journey(one, at))) : h("p.soft", {}, t("auto_in_none")));
  into(body, () => get(`${at.path}/journeys`), draw, 2);
  return card(t("room_automations"), body);
}

function journey(one, at) {
  const ending = one.ending || "inside";
  const where = one.ending ? ago(one.ended_at) : [told(one.text) || t("auto_older_step"), " · ", time(one.due_at)];
  const name = one.ending === "removed" ? one.name : h("a", { href: at.to(`automations/${part(one.automation_id)}`) }, one.name);
  const done = one.trail.length > 0 && h("details", {}, h("summary", {}, t("auto_trail")), one.trail.map(trace));
  return h("li.fact", {}, h("div.grow", {}, h("strong", {}, name, " ", badge(t(`fate_${ending}`), KINDS[ending] || "quiet")), h("small.soft", {}, where), done));
}

const trace = ({ text, outcome, reason, at }) =>
  h("p", {}, told(text) || t("auto_older_step"), " ", badge(t(`auto_out_${outcome}`), OUTCOMES[outcome] || "quiet"), h("small.soft", {}, " ", [half(reason), time(at)].filter(Boolean).join(" · ")));
