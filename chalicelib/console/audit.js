// Who did what, newest first, for four hundred days.

import { get } from "./api.js";
import { debounced, fill, h } from "./dom.js";
import { time } from "./format.js";
import { icon } from "./icons.js";
import { badge, button, empty, head } from "./parts.js";
import { table } from "./table.js";
import { t } from "./words.js";

const DEEDS = ["followers", "spreadsheets", "tags", "segments", "qrcodes", "operators", "rules", "templates", "menus", "automations", "campaigns", "polls", "identities", "endpoints", "arrivals", "crm"];

export const audit = { name: "audit", sign: "audit", needs: "audit:read", show };

async function show(place, at) {
  const wish = { who: at.query.get("who") || "", did: at.query.get("did") || "" };
  const list = table({
    label: t("room_audit"),
    columns: columns(),
    load: (cursor) => get("audit", { ...wish, cursor }),
    empty: () => nothing(wish, clear),
  });
  const changed = () => {
    history.replaceState(null, "", at.to("audit", wish));
    return list.reload();
  };
  const later = debounced(changed);
  const who = h("input", {
    type: "search",
    value: wish.who,
    placeholder: t("audit_who"),
    "aria-label": t("audit_who"),
    oninput: (event) => later((wish.who = event.target.value.trim())),
  });
  const did = h(
    "select",
    { "aria-label": t("audit_did"), onchange: (event) => changed((wish.did = event.target.value)) },
    h("option", { value: "" }, t("audit_any")),
    DEEDS.map((deed) => h("option", { value: deed, selected: deed === wish.did }, t(`area_${deed}`))),
  );
  const clear = () => {
    Object.assign(wish, { who: "", did: "" });
    who.value = did.value = "";
    changed();
  };
  fill(
    place,
    head(t("room_audit"), t("audit_about")),
    h("div.filters", { role: "search" }, h("label.seek", {}, icon("search"), who, h("kbd", {}, "/")), did),
    list.node,
  );
  await list.reload();
}

function nothing(wish, clear) {
  if (wish.who || wish.did) return empty(t("audit_not_found"), t("audit_not_found_about"), button(t("clear_filters"), clear));
  return empty(t("audit_none"), t("audit_none_about"));
}

function columns() {
  return [
    { label: t("when"), cell: (entry) => h("time", { datetime: entry.at }, time(entry.at)) },
    { label: t("who"), cell: (entry) => [h("strong", {}, entry.name), entry.kind === "token" && badge(t("machine"), "quiet")] },
    { label: t("did"), cell: (entry) => deed(entry.did), kind: "wide" },
    { label: t("on_what"), cell: (entry) => h("code", {}, t(`how_${entry.about.replaceAll(" ", "_")}`, {}, entry.about) || "–"), kind: "wide" },
    { label: t("account"), cell: (entry) => entry.account || "–" },
    {
      label: t("outcome"),
      cell: (entry) => badge(t(`outcome_${entry.outcome}`, {}, entry.outcome), entry.outcome === "done" ? "good" : "bad"),
    },
  ];
}

/** "tags_create" -> "标签 · 新建"; a deed that has no words here is shown as it is. */
function deed(did) {
  const area = DEEDS.filter((each) => did.startsWith(`${each}_`)).sort((a, b) => b.length - a.length)[0];
  if (!area) return t(`deed_${did}`, {}, did);
  const act = did.slice(area.length + 1);
  return `${t(`area_${area}`)} · ${t(`deed_${act}`, {}, act)}`;
}
