// QR codes: each knows its place, so every follow and scan is counted where it happened.

import { bytes, get, link, part, post, put, remove } from "./api.js";
import { chart } from "./chart.js";
import { download, fill, h } from "./dom.js";
import { confirm, sheet } from "./dialogs.js";
import { form } from "./forms.js";
import { day, daysAgo, isoDay, moment, number } from "./format.js";
import { icon } from "./icons.js";
import { back, badge, busy, button, card, copyable, empty, facts, head, into, tiles } from "./parts.js";
import { table } from "./table.js";
import { chips, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const LONGEST_DAYS = 30;
const SHOWN_DAYS = 30;
const POSTER = 1024;

export const qrcodes = { name: "qrcodes", sign: "qr", needs: "qrcodes:read", show };

const pathOf = (at, item = "") => `${part(at.account)}/qrcodes${item && `/${part(item)}`}`;

async function show(place, at) {
  if (at.item) return showOne(place, at);
  const make = (code) => () => edit(code, { ...at, again: () => list.reload() });
  const may = at.may("qrcodes:write");
  const fresh = () => may && button(t("qr_new"), make(null), { sign: "plus", kind: "primary" });
  const list = table({
    label: t("room_qrcodes"),
    columns: columns(at),
    load: (cursor) => get(pathOf(at), { cursor }),
    empty: () => empty(t("qr_none"), t("qr_none_about"), fresh()),
  });
  fill(place, head(t("room_qrcodes"), t("qr_about"), fresh()), list.node);
  await list.reload();
  return undefined;
}

function columns(at) {
  const address = (code) => at.to(`qrcodes/${encodeURIComponent(code.scene)}`);
  return [
    {
      label: t("qr_name"),
      cell: (code) =>
        h(
          "a.person",
          { href: address(code) },
          h("span.thumb", {}, icon("qr")),
          h("span", {}, h("span.name", {}, code.name), h("small.soft", {}, code.place || code.scene)),
        ),
      kind: "wide",
    },
    { label: t("qr_scene"), cell: (code) => h("code", {}, code.scene) },
    { label: t("scans"), cell: (code) => number(code.scans), kind: "number" },
    { label: t("new_follows"), cell: (code) => h("strong", {}, number(code.follows)), kind: "number" },
    { label: t("qr_kind"), cell: validity },
  ];
}

function validity(code) {
  if (code.kind === "permanent") return badge(t("qr_permanent"), "good");
  const left = -daysAgo(code.expires_at);
  return left < 0 ? badge(t("qr_over"), "bad") : badge(t("qr_days_left", { n: left }), left < 4 ? "warn" : "quiet");
}

async function showOne(place, at) {
  const body = h("div");
  fill(place, back(at.to("qrcodes"), t("room_qrcodes")), body);
  const counts = h("div");
  const again = () =>
    into(
      body,
      () => get(pathOf(at, at.item)),
      (code) => draw(code, counts, { ...at, again }),
    );
  const since = isoDay(Date.now() / 1000 - (SHOWN_DAYS - 1) * 86_400);
  if (await again()) await into(counts, () => get(`${pathOf(at, at.item)}/counts`, { from: since }), ({ items }) => days(items, since), 4);
}

function draw(code, counts, at) {
  const may = at.may("qrcodes:write");
  const renew = (press) => extend(press.currentTarget, code, at);
  const acts = may && [
    code.kind === "temporary" && button(t("qr_renew"), renew, { sign: "sync" }),
    button(t("edit"), () => edit(code, at), { sign: "pen" }),
    button("", (press) => drop(press.currentTarget, code, at), { sign: "bin", kind: "quiet", title: t("delete_qr", { name: code.name }) }),
  ];
  const title = head(code.name, code.place, acts);
  title.querySelector("h1").append(" ", validity(code));
  return [
    title,
    h("div.columns", {}, h("div.pile", {}, figures(code), card(t("by_day"), counts)), h("div.pile", {}, poster(code, at), about(code, at))),
  ];
}

function poster(code, at) {
  const path = `${pathOf(at, code.scene)}/picture`;
  const save = (format, type) =>
    button(
      format.toUpperCase(),
      (press) =>
        busy(press.currentTarget, async () => download(`${code.scene}.${format}`, await bytes(path, { format, size: POSTER }, type))),
      { sign: "download" },
    );
  const picture = h("img", {
    src: link(path, { format: "svg", version: code.version }),
    alt: t("qr_picture", { name: code.name }),
    width: "220",
    height: "220",
  });
  return h(
    "section.card.poster",
    {},
    picture,
    h("div.actions", {}, save("svg", "image/svg+xml"), save("png", "image/png")),
    h("p.soft", {}, t("qr_poster_about")),
  );
}

function about(code, at) {
  const tag = h("span", {}, code.tag_id ? chips(at.account, [code.tag_id]) : "–");
  if (code.tag_id && at.may("tags:read"))
    tagsOf(at.account).then(
      () => fill(tag, chips(at.account, [code.tag_id])),
      () => {},
    );
  const known = facts(
    [t("qr_scene"), copyable(code.scene)],
    [t("qr_tag"), tag],
    [t("qr_reply"), words(code.reply) || "–"],
    [t("created"), day(code.created)],
    code.expires_at && [t("qr_until"), day(code.expires_at)],
  );
  return card(t("qr_on_scan"), known);
}

const words = (reply) => (reply && typeof reply === "object" ? reply.content || JSON.stringify(reply) : reply) || "";

function figures({ scans, follows }) {
  return tiles(
    [t("scans"), scans],
    [t("new_follows"), follows, "good"],
    [t("follow_share"), scans ? `${Math.round((follows / scans) * 100)}%` : "–"],
  );
}

/** Every day has its place, those without a scan too. */
function days(items, since) {
  const known = new Map(items.map((entry) => [entry.day, entry]));
  const all = Array.from({ length: SHOWN_DAYS }, (_, n) => isoDay(moment(since).getTime() / 1000 + n * 86_400));
  const only = all.map((day) => {
    const { scans = 0, follows = 0 } = known.get(day) || {};
    return { day, scans, follows, others: Math.max(0, scans - follows) };
  });
  return items.length
    ? chart({
        label: t("by_day"),
        days: only,
        up: [
          ["follows", t("new_follows")],
          ["others", t("scans_only")],
        ],
      })
    : h("p.soft", {}, t("qr_no_scans"));
}

async function edit(code, at) {
  const tags = at.may("tags:read") ? await tagsOf(at.account).catch(() => []) : [];
  const submit = async (read) => {
    const body = {
      name: read.name,
      place: read.place,
      tag_id: Number(read.tag_id),
      reply: read.reply ? { type: "text", content: read.reply } : null,
    };
    const fresh = { ...body, scene: read.scene, kind: read.kind, ...(read.kind === "temporary" && { days: read.days }) };
    const made = await (code ? put(pathOf(at, code.scene), { ...body, version: code.version }) : post(pathOf(at), fresh));
    asked.close();
    toast(t("saved"));
    if (code) at.refresh();
    else location.hash = at.to(`qrcodes/${encodeURIComponent(made.scene)}`);
  };
  const asked = sheet(
    code ? code.name : t("qr_new"),
    form({ fields: fieldsOf(code, tags), action: t(code ? "save" : "qr_make"), submit, cancel: () => asked.close() }),
  );
}

const isTemporary = ({ kind }) => kind === "temporary";

function fieldsOf(code, tags) {
  const always = [
    { name: "name", label: t("qr_name"), value: code?.name, required: true, max: 40, example: t("qr_name_example"), first: true },
    { name: "place", label: t("qr_place"), value: code?.place, max: 60, example: t("qr_place_example") },
  ];
  const once = [
    {
      name: "scene",
      label: t("qr_scene"),
      required: true,
      max: 64,
      example: t("qr_scene_example"),
      hint: t("qr_scene_hint"),
      complain: (read) => (/^[\w.~-]+$/.test(read) ? "" : t("qr_scene_letters")),
    },
    {
      name: "kind",
      label: t("qr_kind"),
      kind: "select",
      options: [
        ["temporary", t("qr_temporary_about")],
        ["permanent", t("qr_permanent_about")],
      ],
    },
    { name: "days", label: t("qr_days"), kind: "number", value: LONGEST_DAYS, min: 1, max: LONGEST_DAYS, narrow: true, only: isTemporary },
  ];
  const later = [
    {
      name: "tag_id",
      label: t("qr_tag"),
      kind: "select",
      value: code?.tag_id || "",
      options: [["", t("none")], ...tags.map((tag) => [tag.tag_id, tag.name])],
    },
    { name: "reply", label: t("qr_reply"), kind: "area", value: words(code?.reply), rows: 3, max: 600, hint: t("qr_reply_hint") },
  ];
  return code ? [...always, ...later] : [...always, ...once, ...later];
}

/** A new picture, which has to be printed again: so it is asked for by its name. */
async function extend(pressed, code, at) {
  const sure = await confirm({
    title: t("qr_renew"),
    text: t("qr_renew_about", { n: LONGEST_DAYS }),
    action: t("qr_renew"),
    danger: false,
  });
  if (!sure) return;
  await busy(pressed, async () => {
    await post(`${pathOf(at, code.scene)}/renew`, { days: LONGEST_DAYS });
    toast(t("saved"));
    at.refresh();
  });
}

async function drop(pressed, code, at) {
  const sure = await confirm({ title: t("delete_qr", { name: code.name }), text: t("delete_qr_about"), action: t("delete") });
  if (!sure) return;
  await busy(pressed, async () => {
    await remove(pathOf(at, code.scene));
    toast(t("deleted"));
    location.hash = at.to("qrcodes");
  });
}
