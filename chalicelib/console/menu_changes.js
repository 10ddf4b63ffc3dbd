// What changed in a menu, for who is about to publish it, and for two who work on it at once.

import { get, part, post } from "./api.js";
import { fill, h, wait } from "./dom.js";
import { sheet } from "./dialogs.js";
import { ago, half } from "./format.js";
import { badge, button, notice, skeleton } from "./parts.js";
import { still } from "./menu_phone.js";
import { whole } from "./menu_model.js";
import { knownTags } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const KIND_OF = { added: "good", removed: "bad", changed: "warn", moved: "quiet" };
const LOOK_EVERY_MS = 2000;
const UNDER_WAY = ["publishing", "restoring"];

/** Whom a conditional menu is for, in words. */
export function whom({ tag_id: tag, platform }, account) {
  const named = tag && (knownTags(account).find((each) => each.tag_id === tag)?.name ?? `#${tag}`);
  return [named, platform && t(`platform_${platform}`)].filter(Boolean).join(" · ") || t("menu_nobody");
}

export const titleOf = (menu, number, account) => {
  if (!number) return t("menu_ordinary");
  const one = menu.conditional[number - 1];
  return one?.label || (one ? whom(one.when, account) : t("menu_conditional", { n: number }));
};

/** Those worth telling: not what others only pushed on, and what was changed and moved once. */
export function worthTelling(changes) {
  const told = changes.filter(({ what, button: at, was_at: before }) => what !== "moved" || at !== before);
  const mine = (one) =>
    told.find((each) => each !== one && each.what === "changed" && one.button && each.menu === one.menu && each.button === one.button);
  return told.filter((one) => one.what !== "moved" || !mine(one));
}

export function changeList(changes, account) {
  return h(
    "ul.changes",
    {},
    worthTelling(changes).map((one) =>
      h(
        "li",
        {},
        badge(t(`menu_was_${one.what}`), KIND_OF[one.what] || "quiet"),
        h("div.grow", {}, h("strong", {}, one.name || t("menu_nameless")), " ", h("span.soft", {}, placeOf(one)), detail(one, account)),
      ),
    ),
  );
}

function placeOf({ menu, button: at, was_at: before }) {
  const where = menu ? t("menu_conditional", { n: menu }) : t("menu_ordinary");
  const place = at ? t("menu_spot", { at }) : "";
  const from = before && before !== (at || `${menu}`) ? t("menu_from", { before }) : "";
  return [where, place, from].filter(Boolean).join(" · ");
}

const detail = ({ fields }, account) =>
  fields?.length > 0 &&
  h(
    "dl.was",
    {},
    fields.map(({ field, was, is_now: now }) =>
      h(
        "div",
        {},
        h("dt", {}, t(`menu_${field}`)),
        h("dd", {}, h("del", {}, shown(field, was, account)), " → ", h("ins", {}, shown(field, now, account))),
      ),
    ),
  );

function shown(field, value, account) {
  if (field === "type") return value ? t(`menu_kind_${value}`, {}, value) : t("menu_kind_sub");
  if (field !== "when") return value || "–";
  const [, tag] = value.match(/#(\d+)/) || [0, 0];
  return whom({ tag_id: Number(tag), platform: value.replace(/#\d+/, "").trim() }, account);
}

/** Somebody saved meanwhile: both menus, what saving would change, and which of them is to stay. */
export function clash({ draft, difference }, mine, number, at) {
  return new Promise((decide) => {
    let chosen = "";
    const choose = (which) => () => {
      chosen = which;
      asked.close();
    };
    const theirs = whole(draft.menu);
    const bar = (menu) => (number ? menu.conditional[number - 1] : menu)?.button || [];
    const content = [
      h("p", {}, t("menu_clash_about", { name: draft.saved_by, when: ago(draft.saved_at) })),
      h("div.pair", {}, still(t("menu_theirs"), bar(theirs)), still(t("menu_mine"), bar(mine))),
      h("h3", {}, t("menu_clash_changes", { n: worthTelling(difference).length })),
      difference.length ? changeList(difference, at.account) : h("p.soft", {}, t("menu_clash_same")),
      h(
        "div.actions.end",
        {},
        button(t("menu_take_theirs"), choose("theirs")),
        button(t("menu_keep_mine"), choose("mine"), { kind: "primary" }),
      ),
    ];
    const asked = sheet(t("menu_clash"), content, { wide: true, onclose: () => decide(chosen) });
  });
}

/** The difference from what WeChat shows now, then the deed, then how it ended. Resolves to whether a version went live. */
export function askToPublish({ version, known, at }) {
  return new Promise((decide) => {
    const body = h("div.publishing", {}, skeleton(3));
    let done = false;
    const asked = sheet(t("menu_publish"), body, { wide: true, onclose: () => decide(done) });
    const go = () =>
      carryOut(body, () => post(`${part(at.account)}/menus/publish`, { version }), { at, close: asked.close, ended: () => (done = true) });
    compare(body, { known, at, go, close: asked.close });
  });
}

async function compare(body, { known, at, go, close }) {
  const live = await get(`${part(at.account)}/menus/live`).catch((problem) => ({ problem }));
  const changes = live.problem ? known : live.to_draft;
  const same = !changes.length && live.made_by === "ours";
  const yes = button(t("menu_publish_now"), go, { kind: "primary" });
  fill(
    body,
    live.problem && notice("warn", t("menu_live_unknown", { why: live.problem.message })),
    live.made_by === "others" &&
      notice("warn", [
        t("menu_by_others"),
        live.since_published.length > 0 &&
          h("details", {}, h("summary", {}, t("menu_what_others")), changeList(live.since_published, at.account)),
      ]),
    live.made_by === "console" && notice("warn", t("menu_by_console")),
    live.made_by === "none" && h("p", {}, t("menu_first_time")),
    same ? notice("good", t("menu_same")) : h("p", {}, t("menu_would_change", { n: worthTelling(changes).length })),
    changeList(changes, at.account),
    !same && h("p.soft", {}, t("menu_when_seen")),
    h("div.actions.end", {}, button(t(same ? "close" : "cancel"), close), !same && yes),
  );
  yes.focus();
}

/** Publishes by `act`, shows how it goes on, and what WeChat said if it would not. */
export async function carryOut(body, act, { at, close, ended }) {
  fill(body, h("p", {}, t("menu_publishing")), h("progress", { "aria-label": t("menu_publishing") }));
  try {
    let found = await act();
    while (UNDER_WAY.includes(found.stage) && at.here() && body.isConnected) {
      fill(
        body,
        notice("plain", half(found.reason || t("menu_silent"))),
        h("progress", { "aria-label": t("menu_publishing") }),
        h("p.soft", {}, t("menu_goes_on")),
      );
      await wait(LOOK_EVERY_MS);
      found = await again(`${part(at.account)}/menus/versions/${found.number}`, found);
    }
    if (UNDER_WAY.includes(found.stage)) return; // they looked elsewhere; the list of versions tells
    if (!["live", "replaced"].includes(found.stage)) throw new Error(half(found.reason));
    ended();
    close();
    toast(t("menu_is_live", { n: found.number }));
  } catch (problem) {
    ended();
    const unknown = isLost(problem) && problem.status !== 503; // who is told to try later was not begun with
    const words = h("div", {}, h("strong", {}, t(unknown ? "menu_unknown" : "menu_refused")), h("p", {}, problem.message));
    fill(
      body,
      notice(unknown ? "warn" : "bad", words),
      h("p.soft", {}, t(unknown ? "menu_unknown_about" : "menu_refused_about")),
      h("div.actions.end", {}, button(t("close"), close, { autofocus: true })),
    );
  }
}

/** Whether no answer of ours came: a broken line, or a gateway that waited no longer. */
const isLost = ({ status }) => status === 0 || status >= 500;

/** As it is by now; as it was, where that cannot be seen just now. */
async function again(path, found) {
  try {
    return await get(path);
  } catch (problem) {
    if (!isLost(problem)) throw problem;
    return found;
  }
}
