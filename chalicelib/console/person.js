// One person: what is known and how, what they carry, everything that happened.

import { get, part, put, remove } from "./api.js";
import { campaignCard } from "./campaign_of_person.js";
import { fill, h } from "./dom.js";
import { confirm, sheet } from "./dialogs.js";
import { form } from "./forms.js";
import { ago, day, money, number, size } from "./format.js";
import { icon } from "./icons.js";
import { factName, factValue, knownName, languageName, nameOf, personLink, sceneName } from "./people.js";
import { avatar, back, badge, busy, button, card, copyable, facts, head, into } from "./parts.js";
import { journeyCard } from "./person_journeys.js";
import { chip, knownTags, tagsOf } from "./tag_names.js";
import { grantCard } from "./template_grants.js";
import { timeline } from "./timeline.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const MOST_TAGS = 20;
const LONGEST_REMARK = 29; // bytes, says WeChat

const tooLong = (words) => (size(words) > LONGEST_REMARK ? t("remark_too_long") : "");

export async function showPerson(place, at) {
  const path = `${part(at.account)}/followers/${part(at.item)}`;
  const body = h("div");
  fill(place, back(at.list, t("room_followers")), body);
  const again = () =>
    into(
      body,
      () => get(path),
      (person) => draw(person, { ...at, path, again }),
      10,
    );
  if (await again()) body.querySelector(".timeline")?.dispatchEvent(new Event("wanted"));
}

function draw(person, at) {
  const name = nameOf(person);
  document.title = `${name} · ${t("brand")}`;
  const past = timeline(at);
  const aside = h(
    "div.pile",
    {},
    card(t("about_person"), known(person, at)),
    tagCard(person, at),
    factCard(person, at),
    journeyCard(at),
    samePerson(person, at),
    campaignCard(at),
    grantCard(at),
  );
  return [title(person, name, at), h("div.columns.flip", {}, card(t("timeline"), past), aside)];
}

function title(person, name, at) {
  const signs = [
    person.following === false ? badge(t("has_left"), "quiet") : badge(t("follows"), "good"),
    person.blocked && badge(t("blocked"), "bad"),
  ];
  const edit = at.may("followers:write") && [button(t("remark"), () => remark(person, at), { sign: "pen" }), blocking(person, at)];
  const menu =
    person.following !== false && at.about.verified && at.may("menus:read") && at.to("menus", { view: "try", openid: person.openid });
  const node = head(
    name,
    null,
    menu && h("a.button.quiet.bare", { href: menu, "aria-label": t("menu_try_person"), title: t("menu_try_person") }, icon("phone")),
    edit,
  );
  node.prepend(avatar(knownName(person), person.openid));
  node.querySelector("h1").append(" ", ...signs.filter(Boolean));
  node.querySelector("div").append(copyable(person.openid));
  node.classList.add("with-avatar");
  return node;
}

function known(person, at) {
  const from = [
    sceneName(person.scene),
    person.qr_scene && h("a", { href: at.to(`qrcodes/${encodeURIComponent(person.qr_scene)}`) }, ` · ${person.qr_scene}`),
  ];
  return facts(
    [t("since_when"), [...new Set([day(person.since), ago(person.since)])].join(" · ")],
    [t("first_seen"), day(person.first_seen)],
    [t("came_by"), from],
    [t("last_active"), ago(person.last_active)],
    [t("messages"), number(person.messages || 0)],
    [
      t("orders"),
      person.orders ? `${number(person.orders)} · ${money(person.spent)} · ${t("last_time", { when: ago(person.last_order) })}` : "0",
    ],
    [t("tongue"), languageName(person.language)],
    person.remark && [t("remark"), person.remark],
    person.unionid && ["unionid", copyable(person.unionid)],
  );
}

function tagCard(person, at) {
  const place = h("div.tag-row");
  const draw_ = () => fill(place, tagRow(person, at, change));
  const change = async (ids, undoing) => {
    const before = [...person.tags];
    const body = { add: ids.filter((id) => !before.includes(id)), remove: before.filter((id) => !ids.includes(id)) };
    await put(`${at.path}/tags`, body);
    person.tags = ids;
    if (at.here()) draw_();
    if (!undoing) toast(t("tags_changed"), { undo: () => change(before, true) });
  };
  if (at.may("tags:read")) tagsOf(at.account).then(draw_, () => {});
  draw_();
  return card(t("room_tags"), place);
}

function tagRow(person, at, change) {
  const all = knownTags(at.account);
  const named = person.tags.map((id) => all.find((tag) => tag.tag_id === id) || { tag_id: id, name: `#${id}` });
  const may = at.may("followers:write");
  const off = (id) => (press) => busy(press.currentTarget, () => change(person.tags.filter((other) => other !== id)));
  const shown = named.map((tag) => chip(tag, may ? { remove: off(tag.tag_id), label: t("take_off", { name: tag.name }) } : {}));
  const free = all.filter(({ tag_id }) => !person.tags.includes(tag_id));
  const add =
    may && free.length > 0 && person.tags.length < MOST_TAGS && adder(free, (id, list) => busy(list, () => change([...person.tags, id])));
  return [h("span.chips", {}, shown, !named.length && h("span.soft", {}, t("no_tags_here"))), add];
}

function adder(free, act) {
  const choose = (event) => event.target.value && act(Number(event.target.value), event.target);
  return h(
    "select.adder",
    { "aria-label": t("add_tag"), onchange: choose },
    h("option", { value: "" }, `＋ ${t("add_tag")}`),
    free.map((tag) => h("option", { value: tag.tag_id }, tag.name)),
  );
}

function factCard(person, at) {
  const may = at.may("followers:write");
  const off = (fact) => (press) => forget(press.currentTarget, fact, at);
  const rows = person.facts.map((fact) =>
    h(
      "li.fact",
      {},
      h("div.grow", {}, h("span.soft", {}, factName(fact.name)), h("strong", {}, factValue(fact)), h("small.soft", {}, origin(fact))),
      may && button("", off(fact), { kind: "quiet", sign: "bin", small: true, title: t("forget_fact", { name: factName(fact.name) }) }),
    ),
  );
  const add = may && button(t("add_fact"), () => addFact(at), { sign: "plus", small: true });
  return card(t("facts"), rows.length ? h("ul.bare", {}, rows) : h("p.soft", {}, t("facts_none")), add);
}

/** Where a fact is from, since when, and by which consent: without these it may not be kept. */
function origin(fact) {
  const [source, label] = fact.source.split(":");
  const from = t("fact_from", { source: t(`source_${source}`, { label: label || "API" }, fact.source), when: day(fact.at) });
  const agreed = fact.consent?.at ? t("fact_consent", { when: day(fact.consent.at) }) : t("fact_no_consent");
  return `${from} · ${fact.consent ? agreed : t("fact_no_consent")}`;
}

async function forget(pressed, fact, at) {
  const sure = await confirm({ title: t("forget_fact", { name: factName(fact.name) }), text: t("forget_fact_about"), action: t("forget") });
  if (!sure) return;
  await busy(pressed, async () => {
    await remove(`${at.path}/facts/${part(fact.name)}`);
    await at.again();
  });
}

function addFact(at) {
  const submit = async ({ name, value, consent }) => {
    const agreed = consent ? { consent: { at: Math.floor(Date.now() / 1000), text: consent } } : {};
    await put(`${at.path}/facts`, { facts: { [name]: value }, ...agreed });
    asked.close();
    await at.again();
  };
  const fields = [
    { name: "name", label: t("fact_name"), required: true, max: 40, example: t("fact_name_example") },
    { name: "value", label: t("fact_value"), required: true, max: 200 },
    { name: "consent", label: t("fact_consent_text"), hint: t("fact_consent_hint"), max: 200 },
  ];
  const asked = sheet(t("add_fact"), form({ fields, action: t("save"), submit, cancel: () => asked.close() }));
}

function remark(person, at) {
  const before = person.remark || "";
  const write = async (words) => {
    await put(`${at.path}/remark`, { remark: words });
    if (at.here()) await at.again();
  };
  const submit = async ({ remark: words }) => {
    await write(words);
    asked.close();
    toast(t("saved"), { undo: () => write(before) });
  };
  const fields = [{ name: "remark", label: t("remark"), value: before, hint: t("remark_hint"), first: true, complain: tooLong }];
  const asked = sheet(t("remark"), form({ fields, action: t("save"), submit, cancel: () => asked.close() }));
}

function blocking(person, at) {
  const write = async (blocked) => {
    await put(`${at.path}/blocked`, { blocked });
    if (at.here()) await at.again();
  };
  const act = async (press) => {
    const pressed = press.currentTarget;
    if (
      !person.blocked &&
      !(await confirm({ title: t("block_title", { name: nameOf(person) }), text: t("block_about"), action: t("block") }))
    )
      return;
    await busy(pressed, async () => {
      await write(!person.blocked);
      toast(t(person.blocked ? "unblocked" : "now_blocked"), { undo: () => write(person.blocked) });
    });
  };
  return button(t(person.blocked ? "unblock" : "block"), act, { sign: "block", kind: person.blocked ? "" : "quiet" });
}

function samePerson(person, at) {
  const others = person.same_person || [];
  if (!others.length) return null;
  const rows = others.map((other) =>
    h(
      "li",
      {},
      personLink(other, { to: (path) => `#/${encodeURIComponent(other.account || at.account)}/${path}` }),
      h("span.soft", {}, other.account),
    ),
  );
  return card(t("same_person"), h("ul.bare", {}, rows));
}
