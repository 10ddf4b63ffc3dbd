/* The account's profile: what one sees before following, and where one stops. */

import { $, el, fill } from "./dom.js";
import { icon, seal } from "./marks.js";
import { say } from "./words.js";

let drawn = "";

/** `scene` = {account, person, busy, and what its buttons do}; drawn when it changed. */
export function drawProfile(scene) {
  const shape = JSON.stringify([scene, say("follow")]);
  if (shape === drawn && !$("profile").hidden) return;
  drawn = shape;
  fill($("profile"), head(scene), !scene.person.follows && hello(scene), acts(scene), privacy(scene), facts(scene.account));
  $("profile").hidden = false;
}

export function closeProfile() {
  $("profile").hidden = true;
}

function head({ account }) {
  const traits = [say(`kind_${account.kind}`), say(account.verified ? "verified" : "unverified")].join(" · ");
  return el("div.profile-head", {}, seal(account, 72), el("div.profile-words", {}, el("h3", {}, account.name), el("p", {}, traits), el("p", {}, account.alias)));
}

function hello({ person }) {
  return el("div.profile-hello", {}, el("strong", {}, say("hello_title")), say("hello", { nickname: person.nickname }));
}

function acts(scene) {
  if (!scene.person.follows) {
    const words = say(scene.busy ? "following" : "follow");
    return el("div.profile-acts", {},
      el("button.big", { type: "button", id: "follow", disabled: scene.busy, onclick: scene.follow }, words),
      el("button.text-button", { type: "button", onclick: scene.scan }, say("follow_by_scan")));
  }
  return el("div.profile-acts", {},
    el("button.big", { type: "button", id: "enter", onclick: scene.enter }, say("enter")),
    el("button.big.plain", { type: "button", id: "unfollow", onclick: scene.unfollow }, say("unfollow")));
}

/** What WeChat's own settings offer a person about this account, following or not. */
function privacy(scene) {
  const line = (name) => el("button.privacy-line", { type: "button", id: name, onclick: scene[name] }, el("span", {}, say(name)), el("small", {}, say(`${name}_hint`)), icon("right", 16));
  return el("div.privacy", {}, el("h4", {}, say("privacy")), ["rename", "revoke", "cancel"].map((name) => line(name)));
}

function facts(account) {
  const fact = (name, value) => value && el("div", {}, el("dt", {}, say(name)), el("dd.mode-note", {}, value));
  return el("dl.profile-facts", {}, fact("original_id", account.original_id), fact("app_id", account.app_id),
    fact("message_mode", say(`mode_${account.mode}`)), fact("callback_url", account.callback_url));
}
