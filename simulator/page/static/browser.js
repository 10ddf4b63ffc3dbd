/* The in-app browser: a page that slides over the chat, with this real browser's cookies, and what WeChat adds to it. */

import { $, el, fill } from "./dom.js";
import { toast } from "./ask.js";
import { icon } from "./marks.js";
import { local, picture } from "./bubbles.js";
import { say } from "./words.js";

const WECHAT = "/open.weixin.qq.com/connect/oauth2/authorize";
let cards = {};
let send = () => {};

/** `sendOn(card, to)` is called when a card is shared. */
export function openBrowser(url, title, sendOn) {
  cards = {};
  send = sendOn;
  const again = () => openBrowser(url, title, sendOn);
  const share = el("button.bar-button.browser-share", { type: "button", id: "share", hidden: true, onclick: showCard }, say("share"));
  const bar = el("header.browser-bar", {}, button("close", "close", closeBrowser), where(url, title), share, button("reload", "reload", again));
  const view = local(url) ? el("iframe", { src: url, title: say("way_open"), referrerpolicy: "no-referrer" }) : outside(url);
  const foot = local(url) && el("footer.browser-foot", {}, el("p", {}, say("browser_blank")), tab(url));
  fill($("browser"), bar, view, el("div.snapshot", { id: "snapshot", role: "status", hidden: true }), foot, el("div.share-sheet", { id: "share-sheet", hidden: true }));
  $("browser").hidden = false;
  bar.querySelector("button").focus({ focusVisible: false });
}

export function closeBrowser() {
  if ($("browser").hidden) return false;
  $("browser").hidden = true;
  fill($("browser"));
  return true;
}

/** While the page is a snapshot: its sign-in, which the button opens again as the full person. */
export function drawSnapshot(signIn) {
  const banner = $("snapshot");
  if (!banner || banner.dataset.signIn === signIn) return;
  banner.dataset.signIn = signIn;
  banner.hidden = !signIn;
  const full = () => { banner.hidden = true; frame().src = `${WECHAT}?${signIn}`; };
  fill(banner, el("p", {}, say("snapshot_banner")), el("button", { type: "button", onclick: full }, say("full_service")));
}

const frame = () => $("browser").querySelector("iframe");

/** The page in the frame, through the JS-SDK that it loaded; nobody else is listened to. */
window.addEventListener("message", ({ source, origin, data }) => {
  const told = data?.simulatedWx;
  // A page that is leaving has no window left to be known by; all it may do is take its cards along.
  const known = source === frame()?.contentWindow || (source === null && told?.does === "leave");
  if (!told || !frame() || !known || !local(origin)) return;
  if (told.does === "close") closeBrowser();
  if (told.does === "leave") forgetCards();
  if (told.does === "share" && told.card) keepCard(told.to === "timeline" ? "timeline" : "friend", told.card, origin);
});

function keepCard(to, { title, desc, link, imgUrl }, origin) {
  const words = (value) => (typeof value === "string" ? value : "");
  cards[to] = { title: words(title), desc: words(desc), link: words(link), imgUrl: words(imgUrl), origin };
  $("share").hidden = false;
}

/** The next page has cards of its own, or none. */
function forgetCards() {
  cards = {};
  $("share").hidden = true;
  hideCard();
}

/** The card as the other person would see it, and whom it may go to. */
function showCard() {
  const [first] = Object.values(cards);
  const card = cards.friend ?? first;
  const shown = el("article.share-card", {}, el("strong", {}, card.title), el("div.share-words", {}, el("p", {}, card.desc), picture(card.imgUrl, card.title, "")), el("code", {}, card.link));
  const ways = ["friend", "timeline"].filter((to) => cards[to]).map((to) => el("button.big", { type: "button", onclick: () => sendCard(to) }, say(`share_${to}`)));
  const sheet = el("div.share-box", { role: "dialog", "aria-label": say("share") }, shown, ways, el("button.big.plain", { type: "button", onclick: hideCard }, say("dismiss")));
  fill($("share-sheet"), sheet);
  $("share-sheet").hidden = false;
  sheet.querySelector("button").focus({ focusVisible: false });
}

function hideCard() {
  $("share-sheet").hidden = true;
}

async function sendCard(to) {
  const { origin, ...card } = cards[to];
  hideCard();
  if (!(await send({ to, ...card }))) return;
  frame()?.contentWindow.postMessage({ simulatedWx: { shared: to } }, origin);
  toast(say("shared"));
}

function where(url, title) {
  return el("div.browser-where", {}, el("strong", {}, title), el("span", {}, new URL(url).host));
}

/** No outside request is made unless the person asks for it. */
function outside(url) {
  return el("div.browser-outside", {}, icon("globe", 44), el("p", {}, say("browser_outside")), el("code", {}, url), tab(url));
}

function tab(url) {
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, say("open_in_tab"), icon("out", 15));
}

function button(mark, words, press) {
  return el("button.bar-button", { type: "button", "aria-label": say(words), onclick: press }, icon(mark, 22));
}
