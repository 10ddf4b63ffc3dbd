// Everybody who follows: find, filter, sort, tag many at once, take in and give out as CSV.

import { get, part, post } from "./api.js";
import { debounced, fill, h, wait } from "./dom.js";
import { sheet } from "./dialogs.js";
import { exportPeople } from "./export_people.js";
import { form, select } from "./forms.js";
import { ago, day, half, number } from "./format.js";
import { icon } from "./icons.js";
import { importPeople } from "./import_people.js";
import { languageName, nameOf, personLink, sceneName } from "./people.js";
import { showPerson } from "./person.js";
import { button, empty, head } from "./parts.js";
import { table } from "./table.js";
import { chips, knownTags, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const PAGE = 50;
const LOOK_EVERY_MS = 1500;
const SORTS = ["new", "old"];

/** Where in the list they were when they went to see somebody: {hash, count, y}. */
let left = null;

export const followers = { name: "followers", sign: "people", needs: "followers:read", show };

async function show(place, at) {
  if (at.item) return showPerson(place, { ...at, list: listOf(at) });
  const wish = {
    search: at.query.get("search") || "",
    tag: at.query.get("tag") || "",
    segment: at.query.get("segment") || "",
    sort: at.query.get("sort") || "new",
  };
  const bulk = h("div.bulk");
  const list = table({
    label: t("room_followers"),
    columns: columns(at),
    load: (cursor) => get(`${part(at.account)}/followers`, { ...wish, limit: PAGE, cursor }),
    empty: () => nobody(wish, at, () => clear()),
    nameOf,
    pick: at.may("tags:write") ? (chosen) => drawBulk(bulk, chosen, at, list) : null,
  });
  const bar = filters(wish, at, () => {
    history.replaceState(null, "", at.to("followers", { ...wish, sort: wish.sort === "new" ? "" : wish.sort }));
    return list.reload();
  });
  const clear = () => bar.clear();
  fill(place, head(t("room_followers"), t("followers_about"), actions(wish, at, list)), bar.node, bulk, list.node);
  list.node.addEventListener("click", (press) => {
    if (press.target.closest("a.person")) left = { hash: location.hash, count: list.count(), y: window.scrollY };
  });
  const before = left?.hash === location.hash ? left : { count: 0, y: 0 };
  left = null;
  await list.reload(before.count);
  if (before.y && at.here()) window.scrollTo(0, before.y);
  await names(place, at, bar);
}

/** As they left it, with its filters. */
const listOf = (at) => (left?.hash.startsWith(at.to("followers")) ? left.hash : at.to("followers"));

/** The names of the tags come after the people, and fill in what is already on the screen. */
async function names(place, at, bar) {
  if (!at.may("tags:read")) return;
  const before = knownTags(at.account).length;
  await tagsOf(at.account).catch(() => []);
  bar.name();
  if (!before) place.querySelectorAll("td .chips").forEach((old) => old.replaceWith(chips(at.account, old.ids)));
}

function columns(at) {
  return [
    { label: t("person"), cell: (person) => personLink(person, at), kind: "wide" },
    { label: t("room_tags"), cell: (person) => named(chips(at.account, person.tags), person.tags), kind: "wide" },
    { label: t("came_by"), cell: (person) => [sceneName(person.scene), person.qr_scene && h("small.soft", {}, ` ${person.qr_scene}`)] },
    { label: t("since_when"), cell: (person) => h("span", { title: day(person.since) }, ago(person.since)) },
    { label: t("last_active"), cell: (person) => h("span", { title: day(lastSeen(person)) }, ago(lastSeen(person))) },
    { label: t("messages"), cell: (person) => number(person.messages || 0), kind: "number" },
    { label: t("tongue"), cell: (person) => languageName(person.language) },
  ];
}

/** Messages are counted in the night; who came today was here today. */
const lastSeen = (person) => person.last_active || person.since;

function named(node, ids) {
  node.ids = ids;
  return node;
}

function filters(wish, at, changed) {
  const later = debounced(changed);
  const search = h("input", {
    type: "search",
    value: wish.search,
    placeholder: t("followers_search"),
    "aria-label": t("followers_search"),
    oninput: (event) => later((wish.search = event.target.value.trim())),
  });
  const choose = (name) => (event) => changed((wish[name] = event.target.value));
  const tag = select([["", t("any_tag")]], "", { "aria-label": t("any_tag"), onchange: choose("tag") });
  const segment = select([["", t("any_segment")], ...(wish.segment ? [[wish.segment, t("this_segment")]] : [])], wish.segment, {
    "aria-label": t("any_segment"),
    onchange: choose("segment"),
  });
  const sort = select(
    SORTS.map((each) => [each, t(`sort_${each}`)]),
    wish.sort,
    { "aria-label": t("sort"), onchange: choose("sort") },
  );
  segmentNames(segment, wish, at);
  const name = () =>
    fill(
      tag,
      options(
        [["", t("any_tag")], ...knownTags(at.account).map((each) => [each.tag_id, `${each.name} · ${number(each.people)}`])],
        wish.tag,
      ),
    );
  name();
  const clear = () => {
    Object.assign(wish, { search: "", tag: "", segment: "" });
    search.value = tag.value = segment.value = "";
    changed();
  };
  return {
    node: h("div.filters", { role: "search" }, h("label.seek", {}, icon("search"), search, h("kbd", {}, "/")), tag, segment, sort),
    name,
    clear,
  };
}

const options = (entries, chosen) =>
  entries.map(([code, words]) => h("option", { value: code, selected: String(code) === String(chosen) }, words));

/** Asked for only when somebody is about to choose one. */
function segmentNames(list, wish, at) {
  const bring = async () => {
    const { items } = await get(`${part(at.account)}/segments`).catch(() => ({ items: [] }));
    fill(list, options([["", t("any_segment")], ...items.map((each) => [each.segment_id, each.name])], wish.segment));
  };
  list.addEventListener("focus", bring, { once: true });
}

function actions(wish, at, list) {
  const out = (press) => exportPeople(press.currentTarget, wish, at);
  const take = at.may("followers:write") && button(t("csv_in"), () => importPeople(at, () => list.reload()), { sign: "upload" });
  return [button(t("csv_out"), out, { sign: "download" }), take];
}

function nobody(wish, at, clear) {
  if (wish.search || wish.tag || wish.segment) return empty(t("nobody_found"), t("nobody_found_about"), button(t("clear_filters"), clear));
  return empty(
    t("nobody_yet"),
    t("nobody_yet_about"),
    at.may("qrcodes:write") && h("a.button.primary", { href: at.to("qrcodes") }, t("make_a_code")),
    at.may("followers:write") && h("a.button", { href: at.to("home") }, t("sync_first")),
  );
}

function drawBulk(bulk, chosen, at, list) {
  if (!chosen.length) return fill(bulk);
  const tag = (remove) => () => tagMany(chosen, remove, at, list);
  return fill(
    bulk,
    h("strong", {}, t("chosen", { n: chosen.length })),
    button(t("give_tag"), tag(false), { sign: "tag", small: true, kind: "primary" }),
    button(t("take_tag"), tag(true), { small: true }),
    h("span.grow"),
    button(t("let_go"), list.clear, { kind: "quiet", small: true }),
  );
}

/** Up to fifty are done at once, more in the background; whoever could not be done is told either way. */
async function outcome(run, at) {
  let now = run;
  while (now.state === "running" && at.here()) {
    await wait(LOOK_EVERY_MS);
    now = await get(`${part(at.account)}/tag-runs/${part(run.run_id)}`);
  }
  const failed = now.failed || [];
  if (failed.length) toast(t("tag_some_failed", { n: failed.length, why: half(failed[0].why) }), { kind: "bad" });
}

async function tagMany(chosen, remove, at, list) {
  const known = await tagsOf(at.account);
  const send = (tag_id, undoing) =>
    post(`${part(at.account)}/tags/${tag_id}/people`, { openids: chosen.map(({ openid }) => openid), remove: undoing });
  const submit = async ({ tag_id }) => {
    const run = await send(tag_id, remove);
    asked.close();
    toast(t(remove ? "tag_being_taken" : "tag_being_given", { n: chosen.length }), { undo: () => send(tag_id, !remove) });
    await outcome(run, at);
    if (at.here()) await list.reload();
  };
  const fields = [
    { name: "tag_id", label: t("tag"), kind: "select", required: true, options: known.map((each) => [each.tag_id, each.name]) },
  ];
  const words = t(remove ? "take_tag" : "give_tag");
  const asked = sheet(
    `${words} · ${t("people_n", { n: chosen.length })}`,
    known.length ? form({ fields, action: words, submit, cancel: () => asked.close() }) : empty(t("tags_none"), t("tags_none_about")),
  );
}
