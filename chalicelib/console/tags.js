// Tags: kept here and at WeChat alike; what went apart is shown and mended; rules give and take them by themselves.

import { get, part, post, put, remove } from "./api.js";
import { fill, h } from "./dom.js";
import { confirm, sheet } from "./dialogs.js";
import { form } from "./forms.js";
import { ago, half, number, size } from "./format.js";
import { busy, button, empty, head, into, notice, tabs } from "./parts.js";
import { chip, forgetTags, tagsOf } from "./tag_names.js";
import { showRules } from "./tag_rules.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const MOST = 100;
const LONGEST = 30; // bytes, says WeChat

const tooLong = (name) => (size(name) > LONGEST ? t("tag_name_too_long") : "");

export const tags = { name: "tags", sign: "tag", needs: "tags:read", show };

async function show(place, at) {
  const rules = at.query.get("view") === "rules";
  const body = h("div");
  const ways = tabs(t("room_tags"), [
    [t("room_tags"), at.to("tags"), !rules],
    [t("tag_rules"), at.to("tags", { view: "rules" }), rules],
  ]);
  const frame = (actions) => fill(place, head(t("room_tags"), t("tags_about"), actions), ways, body);
  return rules ? showRules(body, at, frame) : showTags(body, at, frame);
}

async function showTags(body, at, frame) {
  const again = () =>
    into(
      body,
      () => tagsOf(at.account, { fresh: true }),
      (found) => draw(found, { ...at, again }),
    );
  const fresh = async (press) => {
    await busy(press.currentTarget, () => post(`${part(at.account)}/tags/refresh`, {}));
    await again();
  };
  const may = at.may("tags:write");
  frame(
    may && [
      button(t("tags_refresh"), fresh, { sign: "sync" }),
      button(t("tag_new"), () => edit(null, { ...at, again }), { sign: "plus", kind: "primary" }),
    ],
  );
  if (await again()) await drift(body, { ...at, again });
}

function draw(found, at) {
  if (!found.length)
    return empty(
      t("tags_none"),
      t("tags_none_about"),
      at.may("tags:write") && button(t("tag_new"), () => edit(null, at), { sign: "plus", kind: "primary" }),
    );
  const most = Math.max(1, ...found.map(({ people }) => people));
  const rows = found.map((tag) => row(tag, most, at));
  return [h("div.drift"), h("ul.rows", {}, rows), h("p.soft.foot", {}, t("tags_count", { n: found.length, most: MOST }))];
}

function row(tag, most, at) {
  const acts = at.may("tags:write") && [
    button("", () => edit(tag, at), { sign: "pen", kind: "quiet", title: t("rename_tag", { name: tag.name }) }),
    button("", (press) => drop(press.currentTarget, tag, at), { sign: "bin", kind: "quiet", title: t("delete_tag", { name: tag.name }) }),
  ];
  const share = h("progress", { max: most, value: tag.people, "aria-hidden": "true" });
  const who = h("a", { href: at.to("followers", { tag: tag.tag_id }) }, t("people_n", { n: number(tag.people) }));
  return h(
    "li",
    {},
    chip(tag),
    share,
    who,
    h("span.soft.seen", {}, tag.seen_at ? t("seen", { when: ago(tag.seen_at) }) : ""),
    h("span.acts", {}, acts),
  );
}

/** What differs at WeChat: asked for after the tags are on the screen. */
async function drift(body, at) {
  const found = await get(`${part(at.account)}/tags/drift`).catch(() => null);
  const place = body.querySelector(".drift");
  const items = found?.items || [];
  if (!place || !items.length) return;
  const mend = async (press) => {
    await busy(press.currentTarget, () => post(`${part(at.account)}/tags/refresh`, {}));
    toast(t("drift_mended"));
    await at.again();
  };
  const words = [
    h("strong", {}, t("drift_title", { n: items.length })),
    h(
      "ul",
      {},
      items.map((item) => h("li", {}, half(item.words))),
    ),
  ];
  fill(place, notice("warn", words, at.may("tags:write") && button(t("drift_mend"), mend, { small: true })));
}

function edit(tag, at) {
  const path = `${part(at.account)}/tags`;
  const submit = async ({ name }) => {
    await (tag ? put(`${path}/${tag.tag_id}`, { name }) : post(path, { name }));
    asked.close();
    const before = tag?.name;
    toast(t("saved"), tag ? { undo: () => put(`${path}/${tag.tag_id}`, { name: before }).then(at.again) } : {});
    forgetTags(at.account);
    await at.again();
  };
  const fields = [
    { name: "name", label: t("tag_name"), value: tag?.name, required: true, complain: tooLong, hint: t("tag_name_hint"), first: true },
  ];
  const asked = sheet(t(tag ? "rename" : "tag_new"), form({ fields, action: t("save"), submit, cancel: () => asked.close() }));
}

async function drop(pressed, tag, at) {
  const sure = await confirm({
    title: t("delete_tag", { name: tag.name }),
    text: t("delete_tag_about", { n: number(tag.people) }),
    action: t("delete"),
  });
  if (!sure) return;
  await busy(pressed, async () => {
    await remove(`${part(at.account)}/tags/${tag.tag_id}`);
    forgetTags(at.account);
    toast(t("deleted"));
    await at.again();
  });
}
