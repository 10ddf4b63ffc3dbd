// One endpoint: how it is, what it asks for, what it was sent, and for a CRM how the two fit together.

import { get, part, post, remove } from "./api.js";
import { confirm, sheet } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { dead, deliveries } from "./endpoint_deliveries.js";
import { health, lever, pathOf, tryOut } from "./endpoint_health.js";
import { needsTags, wantsInWords } from "./endpoint_wants.js";
import { day, time } from "./format.js";
import { icon } from "./icons.js";
import { mappingInWords } from "./mapping.js";
import { firstSync } from "./mapping_sync.js";
import { back, busy, button, card, copyable, facts, head, into, notice, tabs } from "./parts.js";
import { knownTags, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

export const CRMS = ["hubspot", "salesforce"];

export async function showOne(place, at) {
  const body = h("div");
  fill(place, back(at.to("integrations"), t("room_integrations")), body);
  let later = [];
  const again = async () => {
    const draw = (one) => {
      const drawn = page(one, { ...at, again });
      later = drawn.later;
      return drawn.parts;
    };
    if (await into(body, () => get(pathOf(at, at.item)), draw, 9)) await Promise.all(later.map((load) => load()));
  };
  await again();
}

/** {parts, later}: what is there at once, and what is asked for then. */
function page(one, at) {
  document.title = `${one.label} · ${t("brand")}`;
  const may = at.may("integrations:write");
  const crm = CRMS.includes(one.kind);
  const title = head(one.label, t(`ep_kind_${one.kind}`), may && acts(one, at, crm));
  const { mark, long } = health(one);
  title.querySelector("h1").append(" ", mark);
  const givenUp = at.query.get("view") === "dead";
  const list = (givenUp ? dead : deliveries)(one, at);
  const here = `integrations/${part(one.endpoint_id)}`;
  const ways = tabs(t("ep_deliveries"), [
    [t("ep_deliveries"), at.to(here), !givenUp],
    [t("ep_dead"), at.to(here, { view: "dead" }), givenUp],
  ]);
  const sync = crm && firstSync(one, at);
  const wanted = h("div", {}, wantsInWords(one.wants, at.account));
  const names = async () => {
    if (!needsTags(one.wants) || knownTags(at.account).length || !at.may("tags:read")) return;
    await tagsOf(at.account).catch(() => []);
    fill(wanted, wantsInWords(one.wants, at.account));
  };
  const sent = h("section.sent", {}, h("h2.unseen", {}, t("ep_deliveries")), ways, h("p.soft.about", {}, t(givenUp ? "ep_dead_about" : "ep_deliveries_about")), list.node);
  const aside = [card(t("ep_wants"), wanted), about(one, at), one.kind === "webhook" && may && secrets(one, at)];
  const parts = [
    title,
    long,
    h("div.columns.endpoint", {}, h("div.pile", {}, crm && syncCard(sync), crm && card(t("map_title"), mappingInWords(one.fields)), sent), h("div.pile", {}, aside)),
  ];
  return { parts, later: [list.reload, sync && sync.load, names].filter(Boolean) };
}

function syncCard(sync) {
  return card(t("map_sync"), h("p.soft", {}, t("map_sync_about")), sync.node);
}

function acts(one, at, crm) {
  return [
    !crm && button(t("ep_test"), (press) => tryOut(press.currentTarget, one, at), { sign: "send" }),
    h("a.button", { href: at.to(`integrations/${part(one.endpoint_id)}`, { view: "edit" }) }, icon("pen"), t("edit")),
    lever(one, at),
    button("", (press) => drop(press.currentTarget, one, at), { sign: "bin", kind: "quiet", title: t("ep_remove", { name: one.label }) }),
  ];
}

function about(one, at) {
  const source = one.kind === "bus" && [t("ep_bus_source"), copyable(`gaiwan.${at.account}`)];
  return card(
    t("ep_facts"),
    facts(one.url && [t("ep_url"), copyable(one.url)], source, [t("ep_id"), copyable(one.endpoint_id)], [t("created"), day(one.made_at)], [t("ep_changed"), day(one.changed)]),
  );
}

const OVERLAP = 86_400; // seconds that both secrets sign

function secrets(one, at) {
  const until = one.rotated_at ? one.rotated_at + OVERLAP : 0;
  const both = until > Date.now() / 1000;
  const show = (press) => busy(press.currentTarget, async () => reveal(one, await post(`${pathOf(at, one.endpoint_id)}/secret`, {})));
  const change = async (press) => {
    const pressed = press.currentTarget;
    const sure = await confirm({ title: t("ep_rotate"), text: t("ep_rotate_about"), action: t("ep_rotate_do"), danger: false });
    if (!sure) return;
    await busy(pressed, async () => {
      reveal(one, await post(`${pathOf(at, one.endpoint_id)}/rotate`, {}));
      toast(t("ep_rotated"));
      await at.again();
    });
  };
  return card(
    t("ep_secret"),
    h("p.soft", {}, t("ep_secret_about")),
    both && notice("plain", t("ep_both_sign", { when: time(until) })),
    h("div.actions", {}, button(t("ep_secret_show"), show, { sign: "key" }), !both && button(t("ep_rotate"), change, { sign: "sync", kind: "quiet" })),
  );
}

function reveal(one, { secret, previous, previous_until: until }) {
  sheet(t("ep_secret_of", { name: one.label }), [
    h("p", {}, t("ep_secret_how")),
    h("div.secret", {}, copyable(secret)),
    previous && [h("p", {}, t("ep_secret_previous", { when: time(until) })), h("div.secret", {}, copyable(previous))],
    notice("warn", t("ep_secret_warning")),
  ]);
}

async function drop(pressed, one, at) {
  if (!(await confirm({ title: t("ep_remove", { name: one.label }), text: t("ep_remove_about"), action: t("delete") }))) return;
  await busy(pressed, async () => {
    await remove(pathOf(at, one.endpoint_id));
    toast(t("ep_gone", { name: one.label }));
    location.hash = at.to("integrations");
  });
}
