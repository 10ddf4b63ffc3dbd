// What an endpoint was sent, for a week; and what was given up, for two, to be sent again.

import { get, post } from "./api.js";
import { confirm, sheet } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { pathOf, reason } from "./endpoint_health.js";
import { eventName } from "./endpoint_wants.js";
import { number, time } from "./format.js";
import { badge, busy, button, copyable, facts } from "./parts.js";
import { table } from "./table.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const PAGE = 25;
const COUNTED = 1000; // beyond that it is told as "more than"
const OUTCOME = { delivered: "good", failed: "warn", dead: "bad" };

/** The test is a custom event by its name. */
const called = ({ kind, body }) => eventName(kind === "custom" && body.includes('"gaiwan.test"') ? "test" : kind);
const who = (one) => (one.person ? h("code.soft", { title: one.person }, one.person.slice(0, 10)) : "–");

export function deliveries(one, at) {
  const list = table({
    label: t("ep_deliveries"),
    columns: [
      { label: t("ep_event"), cell: (each) => h("strong", {}, called(each)), kind: "wide" },
      { label: t("when"), cell: (each) => h("time", {}, time(each.at_ms / 1000)) },
      { label: t("ep_outcome"), cell: (each) => [badge(t(`ep_outcome_${each.outcome}`, {}, each.outcome), OUTCOME[each.outcome])] },
      { label: t("ep_why"), cell: (each) => (each.reason ? reason(each.reason) : ""), kind: "wide" },
      { label: t("ep_took"), cell: (each) => t("ep_ms", { n: number(each.took_ms) }), kind: "number" },
      { label: "", cell: (each) => look(each), kind: "end" },
    ],
    load: (cursor) => get(`${pathOf(at, one.endpoint_id)}/deliveries`, { cursor, limit: PAGE }),
    empty: () => h("p.soft.nothing", {}, t("ep_deliveries_none")),
  });
  return list;
}

function look(each) {
  const open = () => sheet(`${called(each)} · ${time(each.at_ms ? each.at_ms / 1000 : each.at)}`, detail(each), { wide: true });
  return button(t("ep_look"), open, { small: true, kind: "quiet" });
}

function detail(each) {
  const known = facts(
    each.outcome && [t("ep_outcome"), badge(t(`ep_outcome_${each.outcome}`, {}, each.outcome), OUTCOME[each.outcome])],
    each.reason && [t("ep_why"), reason(each.reason), " ", h("code.soft", {}, each.reason.startsWith("HTTP") ? each.reason : "")],
    each.tries && [t("ep_took"), t("ep_ms", { n: number(each.took_ms) }), each.tries > 1 && ` · ${t("ep_tries", { n: each.tries })}`],
    [t("ep_person"), who(each)],
    [t("ep_event_id"), copyable(each.event_id)],
  );
  return [known, h("pre.body", { tabindex: "0", "aria-label": t("ep_body") }, pretty(each.body)), h("p.hint", {}, t("ep_redacted"))];
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** What was given up, and the way back: one, or all. */
export function dead(one, at) {
  const may = at.may("integrations:write") && one.enabled;
  const all = h("div.actions.end");
  const list = table({
    label: t("ep_dead"),
    columns: [
      { label: t("ep_event"), cell: (each) => h("strong", {}, called(each)), kind: "wide" },
      { label: t("ep_given_up"), cell: (each) => h("time", {}, time(each.dead_at)) },
      { label: t("ep_happened"), cell: (each) => time(each.at) },
      { label: t("ep_why"), cell: (each) => reason(each.reason), kind: "wide" },
      { label: "", cell: (each) => [look(each), may && button(t("ep_again"), (press) => again(press.currentTarget, each), { small: true, sign: "sync" })], kind: "end" },
    ],
    load: async (cursor) => {
      const page = await get(`${pathOf(at, one.endpoint_id)}/dead`, { cursor, limit: PAGE });
      if (!cursor) fill(all, page.items.length > 0 && may && button(t("ep_again_all"), (press) => everything(press.currentTarget), { sign: "sync" }));
      return page;
    },
    empty: () => h("p.soft.nothing", {}, t("ep_dead_none")),
  });
  const send = (body) => post(`${pathOf(at, one.endpoint_id)}/redeliver`, body);
  const again = (pressed, each) =>
    busy(pressed, async () => {
      const { queued } = await send({ event_ids: [each.event_id] });
      toast(t(queued ? "ep_again_one_done" : "ep_again_gone"));
      await list.reload();
    });
  const everything = (pressed) =>
    busy(pressed, async () => {
      const n = await counted(one, at);
      const text = t("ep_again_all_about", { n, name: one.label });
      if (!(await confirm({ title: t("ep_again_all"), text, action: t("ep_again_all_do", { n }), danger: false }))) return;
      await send({ all: true });
      toast(t("ep_again_all_done", { n }));
      at.again();
    });
  const notes = at.may("integrations:write") && !one.enabled && h("p.soft", {}, t("ep_again_when_on"));
  return { node: h("div", {}, notes, all, list.node), reload: list.reload };
}

/** How many there are, in words: counted to its end, or as far as is sensible. */
async function counted(one, at) {
  let [n, cursor] = [0, ""];
  do {
    const page = await get(`${pathOf(at, one.endpoint_id)}/dead`, { cursor, limit: 100 });
    n += page.items.length;
    cursor = page.cursor;
  } while (cursor && n < COUNTED);
  return cursor ? t("ep_more_than", { n: number(n) }) : number(n);
}
