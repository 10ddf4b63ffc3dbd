// What stands around every room: the bar above, the way to the other rooms, the note that the net is gone.

import { post, put, remove } from "./api.js";
import { fill, h } from "./dom.js";
import { cup, icon } from "./icons.js";
import { menu, sheet } from "./dialogs.js";
import { form } from "./forms.js";
import { badge, busy, button, facts, notice, skeleton } from "./parts.js";
import { THEMES, language, setLanguage, setTheme, theme } from "./prefs.js";
import { ROOMS } from "./rooms.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const IN_THE_BAR = 4;
const THEME_SIGNS = { auto: "auto", light: "sun", dark: "moon" };

/** {node, main, stand(account, room), offline(gone)} for whoever is signed in. */
export function build(me, { signOut, redraw }) {
  const rooms = ROOMS.filter((room) => me.may.includes(room.needs));
  const main = h("main", { id: "main", tabindex: "-1" });
  const lost = h("div.offline", { role: "alert" });
  const side = h("nav.side", { "aria-label": t("rooms") });
  const bottom = h("nav.bottom", { "aria-label": t("rooms") });
  const switcher = h("div.switcher");
  const bar = h("header.bar", {}, brand(), switcher, h("div.grow"), tools(me, { signOut, redraw }));
  const skip = h("a.skip", { href: "#main", onclick: (press) => skipTo(press, main) }, t("skip"));
  const node = h("div.frame", {}, skip, bar, side, h("div.stage", {}, lost, main), bottom);
  const stand = (account, room) => {
    fill(switcher, accounts(me, account, room));
    fill(
      side,
      h(
        "div.rooms",
        {},
        rooms.map((each) => way(each, account, room)),
      ),
      h("p.motto", {}, me.stage, h("span", {}, t("motto"))),
    );
    fill(bottom, below(rooms, account, room));
  };
  const offline = (gone) => fill(lost, gone && [icon("warn"), t("problem_offline")]);
  offline(!navigator.onLine);
  return { node, main, stand, offline };
}

function skipTo(press, main) {
  press.preventDefault(); // the address names the room, not a place in the page
  main.focus();
}

function brand() {
  return h("a.brand", { href: "#/" }, cup(), h("span", {}, h("b", {}, "盖碗"), h("small", {}, "Gaiwan")));
}

function way(room, account, here) {
  return h(
    "a",
    { href: `#/${encodeURIComponent(account.alias)}/${room.name}`, "aria-current": room === here ? "page" : undefined },
    icon(room.sign),
    h("span", {}, t(`room_${room.name}`)),
  );
}

function below(rooms, account, here) {
  const [shown, more] = [rooms.slice(0, IN_THE_BAR), rooms.slice(IN_THE_BAR)];
  if (!more.length) return shown.map((room) => way(room, account, here));
  const open = () => {
    const { box, close } = sheet(
      t("rooms"),
      h(
        "nav.more",
        { "aria-label": t("rooms") },
        more.map((room) => way(room, account, here)),
      ),
    );
    box.addEventListener("click", (press) => press.target.closest("a") && close());
  };
  const behind = more.includes(here);
  return [
    ...shown.map((room) => way(room, account, here)),
    h(
      "button",
      { type: "button", class: behind ? "here" : "", "aria-haspopup": "dialog", onclick: open },
      icon("more"),
      h("span", {}, t("more_rooms")),
    ),
  ];
}

function accounts(me, account, room) {
  const name = [h("span.dot", { class: account.kind }), h("span.account", {}, account.label), badge(t(`kind_${account.kind}`), "quiet")];
  if (me.accounts.length === 1) return h("span.chosen", {}, name);
  const go = (alias) => () => (location.hash = `#/${encodeURIComponent(alias)}/${room.name}`);
  const entries = me.accounts.map(({ alias, label }) => [label, go(alias), alias === account.alias]);
  return opener(
    h("button.chosen", { type: "button", "aria-label": `${t("account")}: ${account.label}` }, name, icon("down")),
    t("account"),
    entries,
  );
}

function tools(me, { signOut, redraw }) {
  const speak = () => {
    setLanguage(language() === "en" ? "zh" : "en");
    redraw();
  };
  const other = language() === "en" ? "中文" : "English";
  const tongue = h(
    "button.tool",
    { type: "button", lang: language() === "en" ? "zh-CN" : "en", onclick: speak, title: other },
    icon("globe"),
    h("span", {}, other),
  );
  const shades = THEMES.map((each) => [[icon(THEME_SIGNS[each]), t(`theme_${each}`)], () => shade(each, redraw), each === theme()]);
  const light = h("button.tool", { type: "button", "aria-label": t("theme"), title: t("theme") }, icon(THEME_SIGNS[theme()]));
  const who = h(
    "button.tool.who",
    { type: "button", "aria-label": `${t("who_am_i")}: ${me.name}` },
    icon("person"),
    h("span", {}, me.name),
  );
  const about = [
    [[icon("info"), t("who_am_i")], () => whoAmI(me)],
    [[icon("scan"), t("bind")], bind],
    [[icon("leave"), t("sign_out")], signOut],
  ];
  return [tongue, opener(light, t("theme"), shades), opener(who, t("who_am_i"), about)];
}

function shade(chosen, redraw) {
  setTheme(chosen);
  redraw();
}

function opener(knob, name, entries) {
  let close = null;
  knob.setAttribute("aria-haspopup", "menu");
  knob.setAttribute("aria-expanded", "false");
  knob.addEventListener("click", () => {
    if (knob.getAttribute("aria-expanded") === "true") close(true);
    else close = menu(knob, name, entries);
  });
  return h("div.opener", {}, knob);
}

/** A code to scan with one's own WeChat; the digits that it is then told show that the right phone did. */
async function bind() {
  const place = h("div.way", {}, skeleton(3));
  const asked = sheet(t("bind"), place);
  try {
    const { picture, code } = await post("me/wechat", {});
    const submit = async ({ digits }) => {
      await put("me/wechat", { code, digits });
      asked.close();
      toast(t("bound"));
    };
    const told = form({ fields: [{ name: "digits", label: t("bind_digits"), required: true, max: 6 }], action: t("bind_do"), submit });
    const off = button(t("untie"), (press) => untie(press.currentTarget, asked), { kind: "quiet", small: true });
    fill(place, h("img.qr", { src: picture, alt: t("bind"), width: "208", height: "208" }), h("p", {}, t("bind_about")), told, off);
  } catch (problem) {
    fill(place, notice("bad", problem.message));
  }
}

async function untie(pressed, asked) {
  await busy(pressed, async () => {
    await remove("me/wechat");
    asked.close();
    toast(t("untied"));
  });
}

function whoAmI(me) {
  const known = facts(
    [t("name"), me.name],
    [t("role"), t(`role_${me.role}`)],
    [t("role_means"), t(`role_${me.role}_about`)],
    [t("stage"), me.stage],
  );
  sheet(t("who_am_i"), known);
}
