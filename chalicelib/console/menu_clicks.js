// How often each entry was tapped, version by version.

import { get } from "./api.js";
import { chart } from "./chart.js";
import { fill, h } from "./dom.js";
import { select } from "./forms.js";
import { isoDay, number, percent } from "./format.js";
import { card, empty, into } from "./parts.js";
import { t } from "./words.js";

const SPANS = [7, 30, 90];
const A_DAY = 86_400;

export async function clicks(place, path, at) {
  const days = SPANS.find((each) => `${each}` === at.query.get("days")) || 30;
  const go = (event) => (location.hash = at.to("menus", { view: "clicks", days: event.target.value }));
  const span = select(
    SPANS.map((each) => [each, t("menu_days", { n: each })]),
    days,
    { "aria-label": t("menu_span"), onchange: go },
  );
  const body = h("div.pile");
  fill(place, h("div.filters", {}, span), body);
  const since = isoDay(Date.now() / 1000 - (days - 1) * A_DAY);
  await into(
    body,
    () => get(`${path}/clicks`, { from: since }),
    ({ items }) => draw(items, since, days, at),
  );
}

function draw(items, since, days, at) {
  if (!items.length)
    return empty(t("menu_no_clicks"), t("menu_no_clicks_about"), h("a.button", { href: at.to("menus") }, t("menu_to_editor")));
  const numbers = [...new Set(items.map((one) => one.number))];
  const sums = byDay(items, since, days);
  const growth = chart({ label: t("menu_view_clicks"), days: sums, up: [["arrived", t("menu_taps_of_day")]] });
  return [
    card(t("menu_taps_by_day"), growth),
    numbers.map((each, n) =>
      version(
        each,
        items.filter((one) => one.number === each),
        n,
        at,
      ),
    ),
    h("p.soft", {}, t("menu_clicks_about")),
  ];
}

function byDay(items, since, days) {
  const sums = new Map(Array.from({ length: days }, (_, n) => [isoDay(Date.parse(`${since}T12:00:00+08:00`) / 1000 + n * A_DAY), 0]));
  items.forEach((one) => one.days.forEach(({ day, clicks: often }) => sums.set(day, (sums.get(day) || 0) + often)));
  return [...sums].map(([day, arrived]) => ({ day, arrived }));
}

function version(n, entries, position, at) {
  const most = Math.max(1, ...entries.map((one) => one.clicks));
  const all = entries.reduce((sum, one) => sum + one.clicks, 0);
  const rows = [...entries].sort((a, b) => b.clicks - a.clicks).map((one) => [one.clicks > 0, tapped(one, most, all)]);
  const list = (wanted) => rows.filter(([any]) => any === wanted).map(([, row]) => row);
  const quiet = list(false);
  const title = h("a", { href: at.to(`menus/${n}`) }, t("menu_version", { n }));
  return h(
    "section.card",
    {},
    h("h2", {}, title, " ", h("span.soft", {}, t("menu_taps_in_all", { n: number(all) }))),
    h("ul.taps", {}, list(true)),
    quiet.length > 0 && h("details", {}, h("summary", {}, t("menu_untapped", { n: quiet.length })), h("ul.taps", {}, quiet)),
  );
}

function tapped(one, most, all) {
  const where = [
    one.menu > 0 && t("menu_conditional", { n: one.menu }),
    t("menu_spot", { at: one.button }),
    t(`menu_kind_${one.kind}`, {}, one.kind),
  ];
  return h(
    "li",
    {},
    h("div", {}, h("strong", {}, one.name), " ", h("span.soft", {}, where.filter(Boolean).join(" · "))),
    h("progress", { max: most, value: one.clicks, "aria-hidden": "true" }),
    h("b.number", {}, number(one.clicks)),
    h("span.soft.number", {}, all ? percent(one.clicks, all) : ""),
  );
}
