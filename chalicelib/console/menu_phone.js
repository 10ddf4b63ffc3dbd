// A phone as a follower holds it: the bar at the foot of the chat, and what opens from it.

import { fill, h } from "./dom.js";
import { cup, icon } from "./icons.js";
import { aim, find, isGroup, kindOf, parentOf } from "./menu_model.js";
import { t } from "./words.js";

/** {node, show(buttons, chosen)}; `pressed(place)` is told what was opened by a tap, "" if it was shut. */
export function phone(title, { pressed = () => {}, small = false } = {}) {
  const chat = h("div.phone-chat", { "aria-live": "polite" });
  const bar = h("div.phone-bar");
  const held = { button: [], chosen: "" };
  const draw = () => {
    fill(chat, told(held));
    fill(
      bar,
      h("span.phone-key", { "aria-hidden": "true" }, icon("keyboard")),
      held.button.length
        ? held.button.map((entry, n) => cell(entry, `${n + 1}`, held.chosen, press))
        : h("span.phone-none", {}, t("menu_bar_empty")),
    );
  };
  const press = (at) => {
    const shut = held.chosen === at || parentOf(held.chosen) === at;
    held.chosen = shut && isGroup(find(held, at)) ? "" : at;
    pressed(held.chosen);
    draw();
    bar.querySelector(`[data-at="${at}"]`)?.focus({ preventScroll: true });
  };
  const show = (button, chosen = held.chosen) => {
    Object.assign(held, { button, chosen });
    draw();
  };
  const top = h("div.phone-top", {}, icon("left"), h("span", {}, title), icon("person"));
  const node = h("div.phone", { class: small ? "small" : "", role: "group", "aria-label": t("menu_preview") }, top, chat, bar);
  draw();
  return { node, show };
}

/** A phone that shows these and is looked at only. */
export function still(title, button, chosen = "") {
  const made = phone(title, { small: true });
  made.show(button, chosen);
  return made.node;
}

function cell(entry, at, chosen, press) {
  const group = isGroup(entry);
  const open = group && (chosen === at || parentOf(chosen) === at);
  const below = (entry.sub_button || []).map((each, n) => key(each, `${at}.${n + 1}`, chosen, press));
  const knob = key(entry, at, chosen, press);
  if (group) knob.setAttribute("aria-expanded", String(open));
  return h("div.phone-cell", {}, open && below.length > 0 && h("div.phone-sub", {}, below), knob);
}

function key(entry, at, chosen, press) {
  const name = entry.name || t("menu_nameless");
  const words = { "aria-label": t("menu_look_at", { name }), title: name };
  const mark = isGroup(entry) && !at.includes(".") && icon("menu");
  return h(
    "button.phone-button",
    { type: "button", "data-at": at, class: chosen === at ? "chosen" : "", onclick: () => press(at), ...words },
    mark,
    h("span", {}, name),
  );
}

/** What the chosen entry would do, as the chat might say it. */
function told({ button, chosen }) {
  const entry = find({ button }, chosen);
  if (!button.length) return cup();
  if (!entry) return [h("p.phone-hint", {}, t("menu_phone_hint")), cup()];
  const kind = kindOf(entry);
  const what = [h("strong", {}, t(`menu_kind_${kind}`, {}, kind)), aim(entry) && h("code", {}, aim(entry))];
  return [h("p.phone-hint", {}, t("menu_taps", { name: entry.name || t("menu_nameless") })), h("div.phone-bubble", {}, what)];
}
