// Other systems: who is told of what happens here, how they are, and how they tell us.

import { get, part } from "./api.js";
import { fill, h } from "./dom.js";
import { edit, kinds } from "./endpoint_editor.js";
import { health, hostOf, lever, pathOf, sign } from "./endpoint_health.js";
import { showOne } from "./endpoint_view.js";
import { asked } from "./endpoint_wants.js";
import { icon } from "./icons.js";
import { showIds } from "./integration_ids.js";
import { showInward } from "./integration_inward.js";
import { empty, head, into, notice, tabs } from "./parts.js";
import { t } from "./words.js";

export const integrations = { name: "integrations", sign: "plug", needs: "integrations:read", show };

const VIEWS = { "": "ep_view_out", in: "ep_view_in", ids: "ep_view_ids" };

async function show(place, at) {
  const writes = at.item === "new" || at.query.get("view") === "edit";
  if (writes && at.may("integrations:write")) return edit(place, at);
  if (at.item === "new") return fill(place, head(t("ep_new")), notice("plain", t("not_for_you", { role: t(`role_${at.me.role}`) })));
  if (at.item) return showOne(place, at);
  const view = at.query.get("view") in VIEWS ? at.query.get("view") : "";
  const ways = Object.entries(VIEWS).map(([name, words]) => [t(words), at.to("integrations", { view: name }), name === view]);
  const body = h("div");
  const add = !view && at.may("integrations:write") && h("a.button.primary", { href: at.to("integrations/new") }, icon("plus"), t("ep_new"));
  fill(place, head(t("room_integrations"), t("ep_about"), add), tabs(t("room_integrations"), ways), body);
  return view ? { in: showInward, ids: showIds }[view](body, at) : showAll(body, at);
}

async function showAll(body, at) {
  const again = () =>
    into(
      body,
      () => get(pathOf(at)),
      ({ items }) => draw(items, { ...at, again }),
    );
  await again();
}

function draw(items, at) {
  if (!items.length) return teach(at);
  return h(
    "ul.rows.tall",
    {},
    items.map((one) => row(one, at)),
  );
}

/** Nobody is told anything yet: what it is good for, and the four ways. */
function teach(at) {
  const lessons = ["ep_lesson_kinds", "ep_lesson_safe", "ep_lesson_day", "ep_lesson_free"].map((words) => h("li", {}, t(words)));
  const told = empty(t("ep_none"), t("ep_none_about"));
  told.append(h("ol.lessons", {}, lessons));
  return [told, at.may("integrations:write") && [h("h2.ideas-head", {}, t("ep_begin")), kinds(at)]];
}

function row(one, at) {
  const where = one.url ? hostOf(one.url) : t("ep_bus_where");
  const { mark, short } = health(one);
  return h(
    "li",
    { class: one.enabled ? "" : "off" },
    sign(one),
    h(
      "div.grow",
      {},
      h("strong", {}, h("a", { href: at.to(`integrations/${part(one.endpoint_id)}`) }, one.label)),
      " ",
      mark,
      h("p.soft", {}, `${t(`ep_kind_${one.kind}`)} · `, h("span.where", {}, where)),
      h("p.soft", {}, asked(one.wants)),
      short && h("p.ailing", { class: one.enabled ? "" : "bad" }, short),
    ),
    h("span.acts", {}, at.may("integrations:write") && lever(one, at, { small: true })),
  );
}
