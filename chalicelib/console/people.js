// How a person is shown, wherever one appears.

import { h } from "./dom.js";
import { avatar, badge } from "./parts.js";
import { t } from "./words.js";

/** A name, or the end of the openid for those who have none: profile names ended in 2021. */
export const nameOf = (person) => knownName(person) || t("nameless", { end: person.openid.slice(-6) });

/** "" for who has no name, and is shown with a sign instead of a letter. */
export const knownName = (person) => person.remark || person.name || "";

export function personLink(person, at) {
  const name = nameOf(person);
  const signs = [person.blocked && badge(t("blocked"), "bad"), person.following === false && badge(t("has_left"), "quiet")];
  return h(
    "a.person",
    { href: at.to(`followers/${encodeURIComponent(person.openid)}`) },
    avatar(knownName(person), person.openid),
    h("span.name", {}, name),
    signs,
  );
}

/** Where they came from, in words; WeChat's scenes that we do not know are shown as they are. */
export function sceneName(scene) {
  if (!scene) return "–";
  return t(`scene_${scene}`, {}, "") || scene.replace(/^ADD_SCENE_/, "");
}

export const languageName = (code) => (code ? t(`tongue_${code}`, {}, "") || code : "–");

/** Facts that WeChat or a person's browser tells have names of ours; others are called as somebody called them. */
export const factName = (name) => t(`known_${name}`, {}, name);
export const factValue = ({ name, value }) => (name === "language" ? languageName(value) : String(value));
