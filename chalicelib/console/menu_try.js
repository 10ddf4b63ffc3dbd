// The menu as a given follower sees it: WeChat's answer, and why.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { form } from "./forms.js";
import { half } from "./format.js";
import { still } from "./menu_phone.js";
import { badge, card, facts, notice, skeleton } from "./parts.js";
import { chips, knownTags, tagsOf } from "./tag_names.js";
import { t } from "./words.js";

export async function tryOut(place, path, at) {
  const told = h("div.tried", { "aria-live": "polite" });
  const asked = at.query.get("openid") || "";
  const look = async (openid) => {
    fill(told, skeleton(4));
    try {
      const [found] = await Promise.all([get(`${path}/try`, { openid }), at.may("tags:read") && tagsOf(at.account).catch(() => [])]);
      fill(told, draw(found, at));
    } catch (problem) {
      fill(told, notice("bad", problem.message));
    }
  };
  const submit = async ({ openid }) => {
    history.replaceState(null, "", at.to("menus", { view: "try", openid }));
    await look(openid);
  };
  const fields = [{ name: "openid", label: "openid", value: asked, required: true, max: 64, hint: t("menu_try_hint") }];
  const people = at.may("followers:read") && h("a.soft", { href: at.to("followers") }, t("menu_to_followers"));
  const ask = card(t("menu_try"), h("p.soft", {}, t("menu_try_about")), form({ fields, action: t("look_up"), submit, kind: "" }), people);
  fill(place, h("div.columns.trying", {}, told, ask));
  if (asked) await look(asked);
  else fill(told, h("div.try-result", {}, still(t("menu_their_phone"), []), h("p.soft.try-none", {}, t("menu_try_none"))));
}

function draw(found, at) {
  const known = facts(
    [t("menu_sees"), found.number ? t("menu_sees_of", { what: nameOf(found.menu), n: found.number }) : nameOf(found.menu)],
    [t("menu_tags"), found.tag_ids.length ? chips(at.account, found.tag_ids) : "–"],
    [t("menu_platform"), found.platform ? t(`platform_${found.platform}`) : t("menu_phone_unknown")],
    [
      t("menu_reckoned"),
      found.ours.menus.map(nameOf).join(t("menu_or")),
      " ",
      badge(t(found.agree ? "menu_agrees" : "menu_disagrees"), found.agree ? "good" : "warn"),
    ],
    [t("menu_in_draft"), found.in_draft.menus.map(nameOf).join(t("menu_or"))],
  );
  const why =
    found.ours.says.length > 0 &&
    h(
      "ul.reasons",
      {},
      found.ours.says.map((words) => h("li", {}, reason(words, at.account))),
    );
  return h(
    "div.try-result",
    {},
    still(t("menu_their_phone"), found.buttons),
    card(t("menu_why"), known, why, !found.agree && notice("warn", t("menu_disagrees_about"))),
  );
}

/** With names for what the server knows by its number or its sign. */
function reason(words, account) {
  const named = (tag) => knownTags(account).find((each) => `${each.tag_id}` === tag)?.name;
  return half(words)
    .replace(/(标签|tag) (\d+)/g, (whole, word, tag) => (named(tag) ? `${word} “${named(tag)}”` : whole))
    .replace(/\b(ios|android)\b/g, (platform) => t(`platform_${platform}`));
}

function nameOf(number) {
  if (number < 0) return t("menu_not_ours");
  return number ? t("menu_conditional", { n: number }) : t("menu_ordinary");
}
