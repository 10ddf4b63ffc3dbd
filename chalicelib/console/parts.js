// The small things that every room uses: heads, buttons, badges, notices, empty and failed states, progress.

import { fill, h } from "./dom.js";
import { icon, steamingCup } from "./icons.js";
import { number } from "./format.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

/** A button; `kind` is primary, quiet, danger or nothing. */
export function button(label, act, { kind = "", sign = "", small = false, title = "", ...more } = {}) {
  const classes = [kind, small && "small", sign && !label && "bare"].filter(Boolean).join(" ");
  const words = { "aria-label": label ? undefined : title, title: title || undefined };
  return h("button.button", { type: "button", class: classes, onclick: act, ...words, ...more }, sign && icon(sign), label);
}

/** While `act` runs the button waits; what fails is told in a toast. */
export async function busy(pressed, act) {
  pressed.disabled = true;
  pressed.setAttribute("aria-busy", "true");
  try {
    return await act();
  } catch (problem) {
    toast(problem.message, { kind: "bad" });
    return undefined;
  } finally {
    pressed.disabled = false;
    pressed.removeAttribute("aria-busy");
  }
}

/** The top of a room: what it is, a sentence about it, what one can do. */
export function head(title, about, ...actions) {
  return h("header.head", {}, h("div", {}, h("h1", {}, title), about && h("p.soft", {}, about)), h("div.actions", {}, actions));
}

export function back(href, words) {
  return h("a.back", { href }, icon("left"), words);
}

export function card(title, ...content) {
  return h("section.card", {}, title && h("h2", {}, title), content);
}

export const badge = (words, kind = "") => h("span.badge", { class: kind }, words);

export function notice(kind, words, ...actions) {
  return h(
    "div.notice",
    { class: kind, role: kind === "bad" ? "alert" : "note" },
    icon(kind === "good" ? "check" : kind === "plain" ? "info" : "warn"),
    h("div.grow", {}, words),
    actions,
  );
}

/** Nothing here yet: say what would be here, and how to make the first one. */
export function empty(title, about, ...actions) {
  return h("div.empty", {}, steamingCup(), h("h2", {}, title), h("p.soft", {}, about), h("div.actions", {}, actions));
}

/** It failed: the reason, and the way on. */
export function failed(problem, again) {
  const words = h("div", {}, h("strong", {}, t("failed_title")), h("p", {}, problem.message));
  return h(
    "div.notice.bad.tall",
    { role: "alert" },
    icon("warn"),
    h("div.grow", {}, words),
    again && button(t("try_again"), again, { sign: "sync" }),
  );
}

export function skeleton(lines = 6) {
  const bars = Array.from({ length: lines }, (_, n) => h("span.bone", { class: `w${(n * 3) % 4}` }));
  return h("div.skeleton", { "aria-hidden": "true" }, bars);
}

/** Draw what `load` brings into `place`: bones first, an error with a way to try again if it fails. */
export async function into(place, load, draw, bones = 6) {
  fill(place, skeleton(bones));
  try {
    const brought = await load();
    fill(place, await draw(brought));
    return true;
  } catch (problem) {
    if (!problem.code && !problem.status) console.error(problem);
    fill(
      place,
      failed(problem, () => into(place, load, draw, bones)),
    );
    return false;
  }
}

export function progress(share, words) {
  const full = Math.max(0, Math.min(100, Math.round(share)));
  return h(
    "div.progress",
    {},
    h("progress", { max: "100", value: full, "aria-label": words }),
    h("span", {}, words),
    h("strong", {}, `${full}%`),
  );
}

export function tiles(...entries) {
  return h(
    "dl.tiles",
    {},
    entries.map(([label, value, kind]) =>
      h("div.tile", { class: kind || "" }, h("dt", {}, label), h("dd", {}, typeof value === "number" ? number(value) : value)),
    ),
  );
}

export function facts(...entries) {
  return h(
    "dl.facts",
    {},
    entries.filter(Boolean).map(([label, ...value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
  );
}

/** Links that look like tabs; each is an address of its own. */
export function tabs(label, entries) {
  return h(
    "nav.tabs",
    { "aria-label": label },
    entries.map(([words, href, here]) => h("a", { href, "aria-current": here ? "page" : undefined }, words)),
  );
}

export function copyable(text, words = text) {
  const copy = async () => {
    await navigator.clipboard.writeText(text).then(
      () => toast(t("copied")),
      () => toast(t("copy_failed"), { kind: "bad" }),
    );
  };
  return h(
    "span.copyable",
    {},
    h("code", { title: text }, words),
    button("", copy, { kind: "quiet", sign: "copy", small: true, title: t("copy") }),
  );
}

export function avatar(name, mark) {
  const tint = [...mark].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 6, 7);
  return h("span.avatar", { class: `tint${tint}`, "aria-hidden": "true" }, [...name][0] || icon("person"));
}
