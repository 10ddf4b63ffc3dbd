// Campaigns side by side: the same figures in the same lines, as rates of whom each reached.

import { get, part } from "./api.js";
import { fill, h } from "./dom.js";
import { number, percent, day } from "./format.js";
import { back, empty, head, into } from "./parts.js";
import { phaseOf } from "./campaign_view.js";
import { t } from "./words.js";

const LINES = ["people", "sent", "delivered", "clicked", "converted", "suppressed", "refused", "failed"];

export async function compare(place, at) {
  const body = h("div");
  fill(place, back(at.to("campaigns"), t("room_campaigns")), head(t("camp_compare"), t("camp_compare_about")), body);
  const items = at.query.get("items") || "";
  if (!items) return fill(body, empty(t("camp_compare_none"), t("camp_compare_how", { n: 4 })));
  await into(
    body,
    () => get(`${part(at.account)}/campaign-comparison`, { items }),
    (told) => draw(told.items, at),
  );
  return undefined;
}

function draw(items, at) {
  const all = items;
  const of = { sent: "people", delivered: "sent", clicked: "delivered", converted: "delivered", suppressed: "people", refused: "sent", failed: "sent" };
  const best = (name) => Math.max(...all.map((one) => (one[of[name]] ? one[name] / one[of[name]] : 0)));
  const heading = (one) => h("th", { scope: "col" }, h("a", { href: at.to(`campaigns/${part(one.campaign_id)}`) }, one.name), h("div", {}, one.phase && phaseOf(one), " ", h("small.soft", {}, day(one.started_at))));
  const cell = (one, name) => {
    const rate = of[name] && one[of[name]] ? one[name] / one[of[name]] : null;
    const bar = h("i");
    bar.style.width = `${rate === null ? 0 : (rate / (best(name) || 1)) * 100}%`;
    return h("td", {}, h("b", {}, rate === null ? number(one[name] ?? 0) : percent(one[name], one[of[name]])), rate !== null && h("small.soft", {}, ` ${number(one[name])}`), rate !== null && h("span.gauge", {}, bar));
  };
  const row = (name) => h("tr", { class: `is-${name}` }, h("th", { scope: "row" }, t(`camp_step_${name}`, {}, "") || t(`camp_stage_${name}`)), all.map((one) => cell(one, name)));
  return h("div.scroll.compared", {}, h("table", { "aria-label": t("camp_compare") }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }), all.map(heading))), h("tbody", {}, LINES.map(row))));
}
