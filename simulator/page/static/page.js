/* The first file to run: chooses whose phone it is, looks around once a second, and draws. */

import * as acts from "./acts.js";
import { ask, toast, trouble } from "./ask.js";
import { closeBrowser, drawSnapshot } from "./browser.js";
import { knobs } from "./knobs.js";
import { tick } from "./controls.js";
import { $, el, fill } from "./dom.js";
import * as doors from "./doors.js";
import { drawDrawer, forgetDrawer } from "./drawer.js";
import { closeMenus, drawFoot } from "./foot.js";
import { drawLists } from "./lists.js";
import { icon, signs } from "./marks.js";
import { closeProfile, drawProfile } from "./profile.js";
import { conversation } from "./records.js";
import { drawTalk, hideNewerAtEnd, toEnd } from "./talk.js";
import { account, busy, forget, here, look, now, person, whose } from "./watch.js";
import { clockOf } from "./when.js";
import { language, say, sayAll, switchLanguage } from "./words.js";

const A_SECOND = 1000;
const SEEN = "gaiwan.seen";
const PLACE = "gaiwan.place";
const seen = JSON.parse(localStorage.getItem(SEEN) ?? "{}");

// ---- whose phone

/** From the address, else the last time, else the first account and somebody who does not follow it yet. */
function wanted() {
  const [alias, openid] = (decodeURIComponent(location.hash.slice(1)) || localStorage.getItem(PLACE) || "").split("/");
  const one = here.state.accounts.find((each) => each.alias === alias) ?? here.state.accounts[0];
  const known = one.people.find((each) => each.openid === openid);
  const who = known ?? one.people.find(({ follows }) => !follows) ?? one.people[0];
  return [one.alias, who?.openid ?? "newcomer"];
}

async function pick(alias, openid) {
  Object.assign(here, { alias, openid });
  forget();
  closeBrowser();
  localStorage.setItem(PLACE, whose());
  history.replaceState(null, "", `#${whose()}`);
  if (!person()) await doors.meet(alias, openid).catch((error) => trouble("trouble_door", { why: error.message }));
  here.profile = !person()?.follows;
  shows("chat");
  await look();
  await refresh();
}

function pickAccount(alias) {
  const one = here.state.accounts.find((each) => each.alias === alias);
  const same = one.people.find(({ openid }) => openid === here.openid) ?? one.people[0];
  return pick(alias, same?.openid ?? here.openid);
}

async function meet() {
  const openid = await ask(say("ask_openid"), `guest-${Date.now() % 10000}`);
  if (openid) await pick(here.alias, openid);
}

// ---- drawing

function draw() {
  if (!here.state || !person()) return;
  markSeen();
  drawLists({ accounts: here.state.accounts, alias: here.alias, openid: here.openid, unread, pickAccount, pickPerson: (openid) => pick(here.alias, openid), meet });
  drawBar();
  drawChat();
  drawCover();
  drawSnapshot(here.state.preview);
  drawDrawer({ ...here, pickTab, select, knobs });
  tick(knobs);
}

acts.onChange(draw);
knobs.onChange(refresh);

function drawBar() {
  $("bar-title").textContent = busy() || here.state.typing ? say("typing") : account().name;
  $("status-time").textContent = clockOf(now());
  fill($("to-lists"), icon("people"), elsewhere() > 0 && el("span.badge", {}, String(elsewhere())));
  document.title = `${account().name} · 盖碗 Gaiwan`;
}

function drawChat() {
  const entries = conversation(here.chat, here.exchanges, acts.stillWaiting());
  const typing = busy() || here.state.typing;
  drawFoot({ key: whose(), menu: here.state.menu, say: acts.speak, press: acts.press, way: acts.way });
  drawTalk({ key: whose(), entries, typing, now: now(), account: account(), person: person(), act: acts.touch, select, chosen: here.chosen });
}

function drawCover() {
  if (!here.profile) return closeProfile();
  drawProfile({ account: account(), person: person(), busy: busy(), follow, unfollow, scan, revoke, cancel, rename, enter: () => cover(false) });
}

function cover(open) {
  here.profile = open;
  draw();
}

function follow() {
  acts.follow();
  cover(false);
}

async function scan() {
  await acts.scan();
  cover(!person().follows);
}

async function unfollow() {
  if (!(await ask(say("sure_unfollow")))) return;
  await acts.unfollow();
  cover(true);
}

async function revoke() {
  if ((await ask(say("sure_revoke"))) && (await acts.revoke())) toast(say("revoked"));
}

async function cancel() {
  if ((await ask(say("sure_cancel"))) && (await acts.cancel())) toast(say("cancelled"));
  cover(!person().follows);
}

async function rename() {
  const nickname = await ask(say("ask_nickname"), person().nickname);
  if (nickname && (await acts.rename(nickname))) toast(say("saved"));
}

function unread(alias, { openid, received }) {
  return Math.max(0, received - (seen[`${alias}/${openid}`] ?? 0));
}

function elsewhere() {
  return here.state.accounts.flatMap((one) => one.people.map((each) => unread(one.alias, each))).reduce((sum, each) => sum + each, 0);
}

function markSeen() {
  if (document.hidden) return;
  seen[whose()] = person().received;
  localStorage.setItem(SEEN, JSON.stringify(seen));
}

// ---- the drawer

function select(exchange) {
  Object.assign(here, { chosen: here.chosen === exchange ? null : exchange, tab: "exchanges" });
  if (here.chosen && matchMedia("(max-width: 1180px) and (min-width: 761px)").matches) shows("drawer");
  draw();
  document.querySelector(".exchange.chosen")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

async function pickTab(name) {
  here.tab = name;
  await look();
  await refresh();
}

async function refresh() {
  if (here.tab === "controls") await knobs.lookAtSettings();
  forgetDrawer();
  if (!person()?.follows && !busy()) here.profile = true;
  draw();
}

// ---- the frame

function shows(what) {
  document.documentElement.dataset.shows = what;
}

function speak() {
  sayAll();
  $("language").textContent = language() === "en" ? "中文" : "English";
  forgetDrawer();
  draw();
}

function frame() {
  fill($("to-drawer"), icon("drawer"));
  fill($("to-profile"), icon("more"));
  fill($("status-signs"), signs());
  $("to-lists").onclick = () => shows("lists");
  $("to-drawer").onclick = () => shows("drawer");
  $("to-profile").onclick = showProfile;
  $("close-drawer").onclick = $("veil").onclick = () => shows("chat");
  $("newer").onclick = toEnd;
  $("talk").onscroll = hideNewerAtEnd;
  $("language").onclick = () => { switchLanguage(); look().then(speak); };
  document.addEventListener("click", (event) => event.target.closest(".menu-slot") || closeMenus());
  document.addEventListener("keydown", (event) => event.key === "Escape" && stepBack());
  document.addEventListener("visibilitychange", () => document.hidden || look().then(draw));
  window.addEventListener("hashchange", () => pick(...wanted()));
}

function showProfile() {
  $("profile").classList.add("slides");
  cover(!here.profile || !person().follows);
}

function stepBack() {
  if (closeMenus() || closeBrowser()) return;
  if (here.profile && person().follows) cover(false);
  else shows("chat");
}

async function live() {
  if (!document.hidden) await look();
  if (here.state && !person()) await pick(...wanted());
  draw();
  setTimeout(live, A_SECOND);
}

frame();
speak();
live();
