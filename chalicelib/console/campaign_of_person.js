// The campaigns of the last 90 days that one person was meant to get, and what became of each for them.

import { get, part } from "./api.js";
import { reason } from "./campaign_reasons.js";
import { fill, h } from "./dom.js";
import { ago } from "./format.js";
import { badge, button, busy, card } from "./parts.js";
import { t } from "./words.js";

const COLOUR = { delivered: "good", accepted: "good", refused: "bad", failed: "bad", held: "warn", unknown: "warn" };

/** A card that fills itself; nothing for somebody who was in none, or where it cannot be told. */
export function campaignCard(at) {
  const place = h("div.got");
  if (!at.may("campaigns:read")) return null;
  const load = (cursor) => get(`${part(at.account)}/followers/${part(at.item)}/campaigns`, cursor ? { cursor } : {});
  load("").then(
    (page) => at.here() && (page.items.length > 0 || page.cursor) && fill(place, card(t("camp_got"), ...list(page, load, at))),
    () => {},
  );
  return place;
}

function list(first, load, at) {
  const rows = h("ul.bare");
  const foot = h("div.foot");
  const add = ({ items, cursor }) => {
    rows.append(...items.map((one) => line(one, at)));
    fill(foot, cursor && button(t("more"), (press) => busy(press.currentTarget, async () => add(await load(cursor))), { sign: "down", small: true }));
  };
  add(first);
  return [rows, foot];
}

function line(one, at) {
  const when = one.sent_at ? ago(one.sent_at) : "";
  const did = [one.clicked_at && t("camp_stage_clicked"), one.converted_at && t("camp_stage_converted")].filter(Boolean);
  return h(
    "li.fact",
    {},
    h(
      "div.grow",
      {},
      h("a", { href: at.to(`campaigns/${part(one.campaign_id)}`) }, one.name),
      " ",
      badge(t(`camp_stage_${one.stage}`, {}, one.stage), COLOUR[one.stage] || "quiet"),
      did.map((words) => [" ", badge(words, "good")]),
      h("small.soft", {}, " ", [when, one.why && reason(one.why)].filter(Boolean).join(" · ")),
    ),
  );
}
