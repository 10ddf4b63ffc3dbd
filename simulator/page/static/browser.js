/* The in-app browser: a page that slides over the chat, with this real browser's cookies. */

import { $, el, fill } from "./dom.js";
import { icon } from "./marks.js";
import { local } from "./bubbles.js";
import { say } from "./words.js";

export function openBrowser(url, title) {
  const bar = el("header.browser-bar", {}, button("close", "close", closeBrowser), where(url, title), button("reload", "reload", () => openBrowser(url, title)));
  const view = local(url) ? el("iframe", { src: url, title: say("way_open"), referrerpolicy: "no-referrer" }) : outside(url);
  const foot = local(url) && el("footer.browser-foot", {}, el("p", {}, say("browser_blank")), tab(url));
  fill($("browser"), bar, view, foot);
  $("browser").hidden = false;
  bar.querySelector("button").focus({ focusVisible: false });
}

export function closeBrowser() {
  if ($("browser").hidden) return false;
  $("browser").hidden = true;
  fill($("browser"));
  return true;
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
