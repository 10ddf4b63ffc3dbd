// What asks before it acts: a question with clear words, or a form on a sheet. Escape and the back of it close it,
// but not over what somebody has typed: then they ask.

import { h } from "./dom.js";
import { button } from "./parts.js";
import { t } from "./words.js";
import { unique } from "./dom.js";

/** A sheet with content; `close()` takes it away and gives the focus back to where it was. */
export function sheet(title, content, { wide = false, onclose = () => {} } = {}) {
  const named = unique("sheet");
  let touched = false;
  const close = () => box.close();
  const sure = () => confirm({ title: t("leave_form"), text: t("leave_form_about"), action: t("leave_form_yes") });
  const leave = async () => (!touched || (await sure())) && close();
  const heading = h("header", {}, h("h2", { id: named }, title), button("", leave, { kind: "quiet", sign: "close", title: t("close") }));
  const box = h("dialog.sheet", { class: wide ? "wide" : "", "aria-labelledby": named }, heading, h("div.inside", {}, content));
  box.addEventListener("close", () => {
    box.remove();
    onclose();
  });
  box.addEventListener("input", (told) => (touched ||= told.target.type !== "file"));
  box.addEventListener("mousedown", (press) => press.target === box && leave());
  box.addEventListener("cancel", (key) => {
    if (key.target !== box || !touched) return;
    key.preventDefault();
    leave();
  });
  document.body.append(box);
  box.showModal();
  (box.querySelector("[autofocus], .inside input, .inside select, .inside textarea") || box.querySelector(".inside button"))?.focus();
  return { box, close };
}

/** Say what will happen and what it cannot take back; resolves to true only if the action's own button was pressed. */
export function confirm({ title, text, action, danger = true }) {
  return new Promise((decide) => {
    let sure = false;
    const agree = () => {
      sure = true;
      asked.close();
    };
    const yes = button(action, agree, { kind: danger ? "danger" : "primary" });
    const no = button(t("cancel"), () => asked.close(), { autofocus: true });
    const content = [h("p", {}, text), h("div.actions.end", {}, no, yes)];
    const asked = sheet(title, content, { onclose: () => decide(sure) });
  });
}

/** A menu below a button: entries are [words, act, chosen]. Arrow keys walk, Escape closes. */
export function menu(opener, name, entries) {
  const close = (refocus) => {
    list.remove();
    opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (refocus) opener.focus();
  };
  const choose = (act) => () => {
    close(true);
    act();
  };
  const items = entries.map(([words, act, chosen]) =>
    h("button.item", { type: "button", ...standing(chosen), onclick: choose(act) }, words),
  );
  const list = h("div.menu", { role: "menu", "aria-label": name, onkeydown: (key) => walk(key, items, close) }, items);
  const outside = (press) => !list.contains(press.target) && !opener.contains(press.target) && close(false);
  opener.after(list);
  opener.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside);
  (items.find((item) => item.getAttribute("aria-checked") === "true") || items[0])?.focus();
  return close;
}

/** One of several to choose from, or a thing to do. */
const standing = (chosen) =>
  chosen === undefined ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": String(Boolean(chosen)) };

function walk(key, items, close) {
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[key.key];
  if (key.key === "Escape" || key.key === "Tab") close(key.key === "Escape");
  if (!step) return;
  key.preventDefault();
  items[(at + step + items.length) % items.length].focus();
}
