// What was published, the newest first, with what WeChat refused; and one of them, to go back to.

import { get, part, post, put } from "./api.js";
import { fill, h } from "./dom.js";
import { sheet } from "./dialogs.js";
import { half, time } from "./format.js";
import { icon } from "./icons.js";
import { carryOut, changeList, titleOf, whom } from "./menu_changes.js";
import { keepWork, takeWork, whole } from "./menu_model.js";
import { still } from "./menu_phone.js";
import { back, badge, busy, button, empty, facts, head, into, notice } from "./parts.js";
import { table } from "./table.js";
import { knownTags, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const A_MINUTE = 60;
const KINDS = { live: "good", refused: "bad", half: "bad", given_up: "bad", publishing: "warn", restoring: "warn" };

export const stageBadge = (stage) => badge(t(`menu_stage_${stage}`, {}, stage), KINDS[stage] || "quiet");

export async function versions(place, path, at) {
  const list = table({
    label: t("menu_view_versions"),
    columns: columns(path, at, () => list.reload()),
    load: (cursor) => get(`${path}/versions`, { cursor }),
    empty: () => empty(t("menu_never"), t("menu_never_about"), h("a.button", { href: at.to("menus") }, t("menu_to_editor"))),
  });
  const seen = h("div", { "aria-live": "polite" });
  const ask = button(t("menu_ask"), (press) => look(press.currentTarget, seen, path, at), { sign: "sync" });
  fill(place, at.about.verified && h("div.filters", {}, ask), seen, list.node);
  await list.reload();
}

/** What WeChat shows right now, whoever made it. */
async function look(pressed, seen, path, at) {
  await busy(pressed, async () => {
    const names = at.may("tags:read") && tagsOf(at.account).catch(() => []);
    const [live] = await Promise.all([get(`${path}/live`), names]);
    const changes = live.since_published;
    const words = [
      h("p", {}, t(`menu_made_by_${live.made_by}`, { n: live.number })),
      changes.length > 0 && changeList(changes, at.account),
    ];
    const phone = live.menu.button?.length > 0 && phones(whole(live.menu), at);
    fill(seen, notice(live.made_by === "others" ? "warn" : "plain", words), phone);
  });
}

function columns(path, at, again) {
  const address = ({ number }) => at.to(`menus/${number}`);
  const name = (one) => h("span", {}, h("span.name", {}, t("menu_version", { n: one.number })), h("small.soft", {}, story(one)));
  return [
    {
      label: t("menu_version_is"),
      cell: (one) => h("a.person", { href: address(one) }, h("span.thumb", {}, icon("menu")), name(one)),
      kind: "wide",
    },
    { label: t("menu_stage"), cell: ({ stage }) => stageBadge(stage) },
    { label: t("menu_by"), cell: ({ made_by: who }) => who },
    { label: t("menu_made"), cell: ({ made_at: when }) => time(when) },
    { label: "", cell: (one) => h("span.acts", {}, acts(one, path, at, again, true)), kind: "end" },
  ];
}

const story = (one) => [one.origin && t("menu_back_to", { n: one.origin }), one.reason && half(one.reason)].filter(Boolean).join(" · ");

function acts(one, path, at, again, small) {
  if (!at.may("menus:write")) return null;
  const may = at.about.verified && ["replaced", "refused", "half", "given_up"].includes(one.stage);
  return [
    button(t("menu_load"), (press) => load(press.currentTarget, one, path, at), { small, kind: small ? "quiet" : "" }),
    may && one.stage === "replaced" && button(t("menu_roll_back"), () => rollBack(one, path, at, again), { small }),
  ];
}

/** Over the newest draft and what was not saved: both are a press away, in the note. */
async function load(pressed, one, path, at) {
  await busy(pressed, async () => {
    const { draft } = await get(path);
    const now = await post(`${path}/draft/load`, { version: draft.version, number: one.number });
    const unsaved = takeWork(at.account);
    const undo = async () => {
      const { draft: then } = await put(`${path}/draft`, { menu: draft.menu, version: now.draft.version });
      if (unsaved) keepWork(at.account, { ...unsaved, base: then.version });
      window.dispatchEvent(new Event("hashchange")); // whatever room they are in by now is drawn anew
    };
    toast(t("menu_loaded", { n: one.number }), draft.version ? { undo } : {});
    location.hash = at.to("menus");
  });
}

function rollBack(one, path, at, again) {
  const body = h("div.publishing");
  const asked = sheet(t("menu_roll_back_to", { n: one.number }), body, { wide: true, onclose: () => done && again() });
  let done = false;
  const act = () => post(`${part(at.account)}/menus/versions/${one.number}/rollback`, {});
  const go = () => carryOut(body, act, { at, close: asked.close, ended: () => (done = true) });
  const menu = whole(one.menu);
  fill(
    body,
    h("p", {}, t("menu_roll_back_about", { when: time(one.made_at), name: one.made_by })),
    phones(menu, at),
    h("div.actions.end", {}, button(t("cancel"), asked.close), button(t("menu_roll_back_now"), go, { kind: "primary" })),
  );
}

/** Each menu of it on a phone, with those whom it is for. */
function phones(menu, at) {
  const one = (number, button, words) => h("figure", {}, still(titleOf(menu, number, at.account), button), h("figcaption.soft", {}, words));
  return h(
    "div.pair",
    {},
    one(0, menu.button, t("menu_for_others")),
    menu.conditional.map((each, n) => one(n + 1, each.button, t("menu_for", { whom: whom(each.when, at.account) }))),
  );
}

export async function oneVersion(place, path, at) {
  const body = h("div");
  fill(place, back(at.to("menus", { view: "versions" }), t("menu_view_versions")), body);
  const draw = (one) => {
    const title = head(t("menu_version", { n: one.number }), null, acts(one, path, at, at.refresh, false));
    title.querySelector("h1").append(" ", stageBadge(one.stage));
    const bad = KINDS[one.stage] === "bad";
    const known = facts(
      [t("menu_by"), one.made_by || "–"],
      [t("menu_made"), time(one.made_at)],
      one.ended_at > one.made_at + A_MINUTE && [t("menu_ended"), time(one.ended_at)],
      one.origin > 0 && [t("menu_origin"), t("menu_back_to", { n: one.origin })],
    );
    return [title, one.reason && notice(bad ? "bad" : "warn", half(one.reason)), h("section.card", {}, known), phones(whole(one.menu), at)];
  };
  let found = null;
  const fetched = async () => (found = await get(`${path}/versions/${part(at.item)}`));
  if (!(await into(body, fetched, draw)) || !at.may("tags:read") || knownTags(at.account).length) return;
  await tagsOf(at.account).catch(() => []);
  if (at.here()) fill(body, draw(found));
}
