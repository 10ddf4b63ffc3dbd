// The menu at the foot of the chat: its editor, what was published, how often it is tapped, what a follower sees.

import { get, part, post } from "./api.js";
import { fill, h } from "./dom.js";
import { Editor } from "./menu_editor.js";
import { clicks } from "./menu_clicks.js";
import { tryOut } from "./menu_try.js";
import { oneVersion, versions } from "./menu_versions.js";
import { workOf } from "./menu_model.js";
import { still } from "./menu_phone.js";
import { busy, button, head, into, tabs } from "./parts.js";
import { knownTags, tagsOf } from "./tag_names.js";
import { t } from "./words.js";

export const menus = { name: "menus", sign: "menu", needs: "menus:read", show };

const VIEWS = { "": "menu_view_edit", versions: "menu_view_versions", clicks: "menu_view_clicks", try: "menu_view_try" };

async function show(place, at) {
  const path = `${part(at.account)}/menus`;
  if (at.item) return oneVersion(place, path, at);
  const view = at.query.get("view") in VIEWS ? at.query.get("view") : "";
  const ways = Object.entries(VIEWS).map(([name, words]) => [t(words), at.to("menus", { view: name }), name === (view || "")]);
  const body = h("div");
  fill(place, head(t("room_menus"), t("menus_about")), tabs(t("room_menus"), ways), body);
  if (view) return { versions, clicks, try: tryOut }[view](body, path, at);
  return edit(body, path, at);
}

async function edit(body, path, at) {
  let editor = null;
  const open = (told, begin) => (editor = new Editor(told, path, at, begin)).node;
  const draw = (told) => (told.draft.version || workOf(at.account) ? open(told) : teach(body, told, path, at, open));
  if (!(await into(body, () => get(path), draw))) return;
  if (!at.may("tags:read") || knownTags(at.account).length) return;
  await tagsOf(at.account).catch(() => []);
  if (editor && at.here()) editor.draw();
}

/** To begin with: what it links to is there. */
const example = (at) => ({
  button: [
    { name: t("menu_example_today"), type: "click", key: "TODAY" },
    { name: t("menu_example_shop"), type: "view", url: new URL(`h5/${at.account}/hello`, document.baseURI).href },
    {
      name: t("menu_example_more"),
      sub_button: [
        { name: t("menu_example_hours"), type: "click", key: "HOURS" },
        { name: t("menu_example_near"), type: "location_select", key: "NEARBY" },
      ],
    },
  ],
});

/** Nobody has begun: what a menu is, on a phone, and three ways to begin. */
function teach(body, told, path, at, open) {
  const begin = (menu) => () => fill(body, open(told, menu));
  const fetchLive = (press) =>
    busy(press.currentTarget, async () => {
      await post(`${path}/draft/load`, { version: 0, number: 0 });
      at.refresh();
    });
  const acts = at.may("menus:write") && [
    button(t("menu_begin_example"), begin(example(at)), { kind: "primary" }),
    told.may_publish && button(t("menu_begin_live"), fetchLive, { sign: "download" }),
    button(t("menu_begin_blank"), begin({ button: [] }), { kind: "quiet" }),
  ];
  const lessons = ["menu_lesson_bar", "menu_lesson_keys", "menu_lesson_some", "menu_lesson_safe"].map((words) => h("li", {}, t(words)));
  return h(
    "div.empty.lesson",
    {},
    still(at.about.label, example(at).button, "3"),
    h("div", {}, h("h2", {}, t("menus_none")), h("p.soft", {}, t("menus_none_about")), h("ol", {}, lessons), h("div.actions", {}, acts)),
  );
}
