// The map of the console: who is there, which room they stand in, and what happens when they may not stay.

import { Problem, door, get, part, whenSignedOut } from "./api.js";
import { fill, h } from "./dom.js";
import { build } from "./frame.js";
import { empty, failed, notice } from "./parts.js";
import { cameFrom, lastAccount, rememberAccount, rememberPlace } from "./prefs.js";
import { ROOMS } from "./rooms.js";
import { signIn } from "./sign_in.js";
import { forgetTags } from "./tag_names.js";
import { t } from "./words.js";

const house = document.getElementById("house");
let me = null;
let frame = null;
let visit = 0;

/** "#/tea/followers/o123?tag=100" -> {account, name, item, query} */
export function read(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [account = "", name = "", item = ""] = path.split("/").map(plainly);
  return { account, name, item, query: new URLSearchParams(query) };
}

/** Half a %-sign, as from a link that a chat cut off, stays as it is. */
function plainly(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function begin() {
  const asked = read(location.hash);
  if (asked.account === "sign-in") return welcome(asked.name);
  try {
    me = await get("me");
  } catch (problem) {
    if (problem.status !== 401) fill(house, h("main.alone", {}, failed(problem, begin)));
    return undefined; // 401 has already led to the sign-in page
  }
  return enter();
}

function enter() {
  if (!me.accounts.length) return fill(house, h("main.alone", {}, empty(t("no_account"), t("no_account_about"))));
  frame = build(me, { signOut, redraw: () => enter() });
  fill(house, frame.node);
  return show();
}

/** The room that the address names; the first account and the first room where it names none. */
async function show() {
  if (!me) return begin();
  const asked = read(location.hash);
  if (asked.account === "sign-in") return begin();
  const account = me.accounts.find(({ alias }) => alias === asked.account);
  if (!account) return location.replace(`#/${part(usual().alias)}/home`);
  const room = ROOMS.find(({ name }) => name === asked.name) || ROOMS[0];
  rememberAccount(account.alias);
  const run = (visit += 1);
  document.querySelectorAll("dialog[open], .menu").forEach((left) => left.remove());
  frame.stand(account, room);
  const place = h("div.room", { class: `room-${room.name}` });
  fill(frame.main, place);
  window.scrollTo(0, 0);
  return open(room, place, {
    ...asked,
    account: account.alias,
    about: account,
    me,
    may: (scope) => me.may.includes(scope),
    here: () => run === visit,
    refresh: () => run === visit && show(),
  });
}

/** The one they were in last, else one that may do things. */
function usual() {
  const last = me.accounts.find(({ alias }) => alias === lastAccount());
  return last || me.accounts.find(({ verified }) => verified) || me.accounts[0];
}

async function open(room, place, at) {
  const { main } = frame; // the frame is gone if the session ends meanwhile
  document.title = `${t(`room_${room.name}`)} · ${at.about.label} · ${t("brand")}`;
  main.removeAttribute("data-ready");
  if (!at.may(room.needs)) fill(place, notice("plain", t("not_for_you", { role: t(`role_${at.me.role}`) })));
  else await enterRoom(room, place, at);
  if (!at.here()) return;
  main.setAttribute("data-ready", room.name);
  // What was pressed has gone with the room before: go on from here, not from the top of the page.
  if (visit > 1 && document.activeElement === document.body) main.focus({ preventScroll: true });
}

async function enterRoom(room, place, at) {
  try {
    await room.show(place, { ...at, to: (path, query) => hashOf(at.account, path, query) });
  } catch (problem) {
    if (!(problem instanceof Problem)) console.error(problem);
    if (at.here()) fill(place, failed(problem, show));
  }
}

/** hashOf("tea", "tags", {view: "rules"}) -> "#/tea/tags?view=rules" */
function hashOf(account, path, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== undefined));
  return `#/${part(account)}/${path}${asked.size ? `?${asked}` : ""}`;
}

/** Their session ended: remember the place, and ask who they are. */
function welcome(code = "") {
  signIn(house, { code, done: arrived, again: me !== null });
  me = null;
  frame = null;
}

whenSignedOut(() => {
  if (!document.querySelector(".sign-in")) {
    if (!location.hash.startsWith("#/sign-in")) rememberPlace(location.hash);
    document.querySelectorAll("dialog[open]").forEach((left) => left.remove());
    welcome();
  }
});

function arrived() {
  const goal = cameFrom() || (location.hash.startsWith("#/sign-in") ? "#/" : location.hash);
  rememberPlace("");
  forgetTags();
  history.replaceState(null, "", goal || "#/");
  begin();
}

async function signOut() {
  await door("POST", "sign-out", {}).catch(() => {});
  me = null;
  rememberPlace("");
  history.replaceState(null, "", "#/");
  welcome();
}

window.addEventListener("hashchange", show);
window.addEventListener("offline", () => frame?.offline(true));
window.addEventListener("online", () => {
  frame?.offline(false);
  document.querySelectorAll("main .notice.tall button").forEach((again) => again.click());
});
window.addEventListener("keydown", (key) => {
  if (key.key !== "/" || key.target.closest("input, textarea, select, dialog")) return;
  const search = document.querySelector("main input[type=search]");
  if (search) key.preventDefault();
  search?.focus();
});
begin();
