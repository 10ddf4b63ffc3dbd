// How followers and a CRM's records fit together: rows of ours and theirs, which way each goes, and who wins.

import { fill, h, unique } from "./dom.js";
import { select } from "./forms.js";
import { button, facts } from "./parts.js";
import { t } from "./words.js";

/** What we know of a follower besides facts; it comes from WeChat or our own counting, so it only goes out. */
const OURS = [
  "openid", "unionid", "following", "remark", "language", "scene", "qr_scene", "since", "first_seen", "last_active",
  "messages", "orders", "spent", "last_order", "tags",
];
const KEYS = ["openid", "unionid"];
const WAYS = { out: "→", in: "←", both: "↔" };
const USUAL = { out: "ours", in: "theirs", both: "later" };
const LEAVING = ["keep", "blank", "remove"];
const MOST = 60;

const named = (ours) => (OURS.includes(ours) ? t(`map_ours_${ours}`) : h("code", {}, ours));

export function mappingInWords({ key, map = [], leaving = "keep", object = "", record_id: record = "" }) {
  const rows = map.map((field) => {
    const way = field.direction || "out";
    return h(
      "tr",
      {},
      h("td", {}, named(field.ours), field.otherwise && h("small.soft", {}, t("map_otherwise_is", { words: field.otherwise }))),
      h("td.towards", {}, h("span", { title: t(`map_way_${way}`), "aria-label": t(`map_way_${way}`), role: "img" }, WAYS[way])),
      h("td", {}, h("code", {}, field.theirs)),
      h("td.soft", {}, t(`map_wins_${way}_${field.wins || USUAL[way]}`)),
    );
  });
  const columns = ["map_ours", "map_way", "map_theirs", "map_wins"].map((words) => h("th", { scope: "col" }, t(words)));
  return [
    facts(
      [t("map_key"), named(key.ours || "openid"), " = ", h("code", {}, key.theirs)],
      object && [t("map_object"), h("code", {}, object)],
      record && [t("map_record"), h("code", {}, record)],
      [t("map_leaving"), t(`map_leaving_${leaving}`)],
    ),
    map.length ? h("div.scroll.map", {}, h("table.plain", {}, h("thead", {}, h("tr", {}, columns)), h("tbody", {}, rows))) : h("p.soft", {}, t("map_empty")),
  ];
}

/** What one begins with. */
export const newMapping = (kind) =>
  kind === "hubspot"
    ? { key: { ours: "openid", theirs: "wechat_openid" }, record_id: "hubspot_id", leaving: "keep", map: start("lastname", "wechat_tags", "wechat_orders") }
    : {
        key: { ours: "openid", theirs: "WeChat_OpenId__c" },
        object: "Contact",
        record_id: "salesforce_id",
        leaving: "keep",
        map: start("LastName", "WeChat_Tags__c", "WeChat_Orders__c"),
      };

const start = (name, tags, orders) => [
  { ours: "remark", theirs: name, otherwise: t("map_a_follower") },
  { ours: "tags", theirs: tags },
  { ours: "orders", theirs: orders },
];

/** {node, read()}: all of it, to be changed. */
export function editMapping(fields, kind) {
  const told = structuredClone({ key: { ours: "openid", theirs: "" }, map: [], leaving: "keep", ...fields });
  const names = h("datalist", { id: unique("ours") }, OURS.map((one) => h("option", { value: one, label: t(`map_ours_${one}`) })));
  const rows = h("div.map-rows");
  const add = () => {
    told.map.push({ ours: "", theirs: "" });
    draw();
    rows.querySelector(".map-row:last-of-type input")?.focus();
  };
  const more = button(t("map_add"), add, { sign: "plus", small: true });
  const draw = () => {
    fill(rows, told.map.map((field, n) => row(field, n, { names, take: () => [told.map.splice(n, 1), draw()] })));
    more.disabled = told.map.length >= MOST;
  };
  draw();
  const keys = h("div.map-head", {}, [
    line(t("map_key_ours"), text(told.key, "ours", t("map_key_ours"), { list: names.id }), t("map_key_hint", { keys: KEYS.join(" / ") })),
    line(t("map_key_theirs"), text(told.key, "theirs", t("map_key_theirs")), t("map_key_theirs_hint")),
    kind === "salesforce" && line(t("map_object"), text(told, "object", t("map_object")), t("map_object_hint")),
    line(t("map_record"), text(told, "record_id", t("map_record")), t("map_record_hint")),
    line(t("map_leaving"), choice(told, "leaving", t("map_leaving"), LEAVING.map((one) => [one, t(`map_leaving_${one}`)])), t("map_leaving_hint")),
  ]);
  return { node: h("div.mapping", {}, names, keys, h("h3", {}, t("map_fields")), h("p.hint", {}, t("map_fields_hint")), rows, more), read: () => tidy(told, kind) };
}

/** Without what was left empty, which the server takes as the usual. */
function tidy(told, kind) {
  const map = told.map.filter(({ ours, theirs }) => ours || theirs).map((field) => Object.fromEntries(Object.entries(field).filter(([, value]) => value)));
  const { object = "", record_id: record = "", key, leaving } = told;
  return { key, map, leaving, ...(kind === "salesforce" && { object }), ...(record && { record_id: record }) };
}

/** Only what depends on the rest is drawn anew: nobody loses the field that they walk into. */
function row(field, n, { names, take }) {
  const [known, ways, wins, otherwise] = ["span", "span", "span", "span"].map((kind) => h(kind));
  const draw = () => {
    const only = OURS.includes(field.ours);
    if (only) field.direction = "out";
    const way = field.direction || "out";
    if (way !== "both") delete field.wins;
    if (way === "in") delete field.otherwise;
    const may = only ? ["out"] : Object.keys(WAYS);
    const winners = ["later", "ours", "theirs"].map((one) => [one, t(`map_wins_both_${one}`)]);
    fill(known, only && h("small.soft.known", {}, t(`map_ours_${field.ours}`)));
    if (ways.firstChild?.options.length !== may.length) fill(ways, choice(field, "direction", t("map_way"), may.map((one) => [one, `${WAYS[one]} ${t(`map_way_${one}`)}`]), draw));
    fill(wins, way === "both" ? choice(field, "wins", t("map_wins"), winners) : h("span.soft.wins", {}, `${t("map_wins")}${t("colon")}${t(`map_wins_${way}_${USUAL[way]}`)}`));
    fill(otherwise, way !== "in" && text(field, "otherwise", t("map_otherwise"), { maxlength: 200 }));
  };
  draw();
  const ours = text(field, "ours", t("map_ours"), { list: names.id, onchange: draw });
  return h(
    "div.map-row",
    { role: "group", "aria-label": t("map_row", { n: n + 1 }) },
    h("div.pair-of", {}, h("span", {}, ours, known), ways, text(field, "theirs", t("map_theirs"))),
    h("div.pair-of.more", {}, wins, otherwise),
    button("", take, { sign: "close", kind: "quiet", small: true, title: t("remove_row") }),
  );
}

function text(told, name, label, more = {}) {
  return h("input", {
    type: "text",
    value: told[name] ?? "",
    "aria-label": label,
    placeholder: label,
    maxlength: 80,
    autocomplete: "off",
    spellcheck: "false",
    oninput: (event) => (told[name] = event.target.value.trim()),
    ...more,
  });
}

function choice(told, name, label, options, changed = () => {}) {
  const set = (event) => [(told[name] = event.target.value), changed()];
  return select(options, told[name] || options[0][0], { "aria-label": label, onchange: set });
}

const line = (label, control, hint) => h("label.field", {}, h("span.label", {}, label), control, h("span.hint", {}, hint));
