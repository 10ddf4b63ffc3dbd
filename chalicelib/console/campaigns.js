// Campaigns: what was sent to many at once, what is going out now, and the page of each.

import { get, part } from "./api.js";
import { compare } from "./campaign_compare.js";
import { edit } from "./campaign_editor.js";
import { KINDS, LIVE, whom } from "./campaign_model.js";
import { phaseOf, showOne } from "./campaign_view.js";
import { fill, h, wait } from "./dom.js";
import { ago, number, percent, time } from "./format.js";
import { icon } from "./icons.js";
import { button, empty, head, into, notice } from "./parts.js";
import { t } from "./words.js";

const LOOK_EVERY_MS = 3000;
const MOST_COMPARED = 4;
const SIGNS = { template: "send", notice: "bell", custom: "say", mass: "people" };

export const campaigns = { name: "campaigns", sign: "campaign", needs: "campaigns:read", show };

const pathOf = (at, ...rest) => [part(at.account), "campaigns", ...rest.map(part)].join("/");

async function show(place, at) {
  const view = at.query.get("view");
  const writes = at.item === "new" || view === "edit";
  if (writes && at.may("campaigns:write")) return edit(place, at);
  if (at.item === "new") return fill(place, head(t("camp_new")), notice("plain", t("not_for_you", { role: t(`role_${at.me.role}`) })));
  if (at.item) return showOne(place, at);
  return view === "compare" ? compare(place, at) : showAll(place, at);
}

async function showAll(place, at) {
  const body = h("div");
  const may = at.may("campaigns:write");
  const add = may && h("a.button.primary", { href: at.to("campaigns/new") }, icon("plus"), t("camp_new"));
  fill(place, head(t("room_campaigns"), t("camp_about"), add), body);
  let page = null;
  const there = await into(
    body,
    () => get(pathOf(at)),
    (brought) => (page = list(brought, at)).node,
  );
  if (there) page.begin();
}

function list({ items, cursor }, at) {
  if (!items.length && !cursor) return { node: nothing(at), begin: () => {} };
  const rows = h("ul.rows.tall.campaigns");
  const foot = h("div.foot");
  const chosen = new Set();
  const bar = h("div.bulk", { "aria-live": "polite" });
  const picked = () => fill(bar, chosen.size > 0 && chosenBar(chosen, at));
  const known = { segments: [], shown: new Map() };
  const add = (page) => {
    page.items.forEach((one) => {
      const made = row(one, at, known, { chosen, picked });
      known.shown.set(one.campaign_id, made);
      rows.append(made.node);
    });
    const more = page.cursor && button(t("more"), (press) => onward(press.currentTarget, page.cursor), { sign: "down" });
    fill(foot, more && h("span.soft", {}, t("shown", { n: number(known.shown.size) })), more);
  };
  const onward = async (pressed, from) => {
    pressed.disabled = true;
    const page = await get(pathOf(at), { cursor: from }).catch(() => null);
    if (page) add(page);
    else pressed.disabled = false;
  };
  add({ items, cursor });
  return { node: [bar, rows, foot], begin: () => [nameSegments(known, at), watch(known, at)] };
}

function nothing(at) {
  const first = at.may("campaigns:write") && h("a.button.primary", { href: at.to("campaigns/new") }, icon("plus"), t("camp_new"));
  const kinds = KINDS.map((kind) => h("li", {}, h("span.sign", {}, icon(SIGNS[kind])), h("strong", {}, t(`camp_kind_${kind}`)), h("span.soft", {}, t(`camp_means_${kind}`))));
  return [empty(t("camp_none"), t("camp_none_about"), first), h("ul.kinds-told", {}, kinds)];
}

function row(one, at, known, { chosen, picked }) {
  const { document } = one;
  const pick = (event) => {
    if (event.target.checked) chosen.add(one.campaign_id);
    else chosen.delete(one.campaign_id);
    picked();
  };
  const went = ["running", "paused", "waiting", "settling", "done", "cancelled"].includes(one.phase) && one.started_at > 0;
  const box = h("input", { type: "checkbox", "aria-label": t("choose_one", { name: document.name }), onchange: pick, disabled: !went });
  const to = h("span.whom", {}, whom(document, at, known.segments));
  const phase = h("span.phase", {}, phaseOf(one));
  const bar = h("div.going");
  const people = h("span.many");
  const many = (n) => fill(people, n > 0 && [h("b", {}, number(n)), h("span.soft", {}, ` ${t("camp_people")}`)]);
  many(one.audience);
  const title = h("a", { href: at.to(`campaigns/${part(one.campaign_id)}`) }, document.name || t("camp_nameless"));
  const node = h(
    "li",
    { "data-campaign": one.campaign_id },
    h("span.pick", {}, box),
    h("span.sign", { title: t(`camp_kind_${document.kind}`) }, icon(SIGNS[document.kind])),
    h("div.grow", {}, h("strong", {}, title), " ", phase, h("p.soft", {}, t(`camp_kind_${document.kind}`), " · ", to, " · ", h("span.moment", {}, momentOf(one))), bar),
    people,
  );
  const name = () => fill(to, whom(document, at, known.segments));
  const told = (results) => {
    fill(phase, phaseOf(results));
    fill(bar, LIVE.concat("paused").includes(results.phase) && going(results));
  };
  return { node, one, name, told };
}

const going = ({ progress = 0 }) => [
  h("progress", { max: "1", value: progress, "aria-label": t("camp_progress") }),
  h("span.soft", {}, percent(progress, 1)),
];

function momentOf({ phase, document, started_at: started, done_at: done, created_at: made }) {
  if (phase === "draft") return t("camp_made", { when: ago(made) });
  if (phase === "scheduled") return t("camp_begins", { when: time(document.send_at) });
  return t(done && phase === "done" ? "camp_ended" : "camp_began", { when: ago(done && phase === "done" ? done : started) });
}

function chosenBar(chosen, at) {
  const many = chosen.size > 1 && chosen.size <= MOST_COMPARED;
  const href = at.to("campaigns", { view: "compare", items: [...chosen].join(",") });
  return [
    h("strong", {}, t("camp_chosen", { n: chosen.size })),
    many ? h("a.button.primary.small", { href }, t("camp_compare")) : h("span.soft", {}, t("camp_compare_how", { n: MOST_COMPARED })),
  ];
}

/** Names of segments come after the list is there. */
async function nameSegments(known, at) {
  const asked = [...known.shown.values()].some(({ one }) => one.document.segment_id);
  if (!asked || !at.may("segments:read")) return;
  const found = await get(`${part(at.account)}/segments`).catch(() => ({ items: [] }));
  known.segments = found.items;
  known.shown.forEach((made) => made.name());
}

/** What is under way shows how far it is, as long as somebody looks. */
async function watch(known, at) {
  for (let first = true; at.here(); first = false) {
    const live = [...known.shown.values()].filter(({ one }) => ["planning", "running", ...(first ? ["paused", "waiting"] : [])].includes(one.phase));
    if (!live.length) return;
    for (const { one, told } of live.slice(0, 5)) {
      const results = await get(pathOf(at, one.campaign_id, "results")).catch(() => null);
      if (!at.here()) return;
      if (results) told(Object.assign(one, { phase: results.phase, waits_until: results.waits_until }) && results);
    }
    await wait(LOOK_EVERY_MS);
  }
}
