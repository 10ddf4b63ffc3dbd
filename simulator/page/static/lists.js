/* At the left: the accounts, and the people whose phone one can hold. */

import { $, el, fill } from "./dom.js";
import { icon, landscape, seal } from "./marks.js";
import { say } from "./words.js";

let drawn = "";

/** `scene` = {accounts, alias, openid, unread(alias, person), pickAccount, pickPerson, meet}; drawn when it changed. */
export function drawLists(scene) {
  const shape = JSON.stringify([scene, scene.accounts.map((one) => unreadOf(one, scene)), say("people")]);
  if (shape === drawn) return;
  drawn = shape;
  const account = scene.accounts.find(({ alias }) => alias === scene.alias);
  fill($("accounts"), scene.accounts.map((one) => accountLine(one, scene)));
  fill($("people"), account.people.map((person) => personLine(person, account, scene)), newcomer(scene));
}

function unreadOf(account, scene) {
  return account.people.map((person) => scene.unread(account.alias, person));
}

function newcomer(scene) {
  const face = el("span.pick-face.nobody", {}, icon("plus", 22));
  return el("li", {}, el("button.pick", { type: "button", id: "meet", onclick: scene.meet }, face, el("span.pick-words.soft", {}, say("meet"))));
}

function accountLine(account, scene) {
  const unread = unreadOf(account, scene).reduce((sum, each) => sum + each, 0);
  const more = [say(`kind_${account.kind}`), say(account.verified ? "verified" : "unverified")].join(" · ");
  const name = el("span.pick-name", {}, el("span", {}, account.name), el("span.alias", {}, account.alias));
  const elsewhere = account.alias === scene.alias ? 0 : unread;
  return line(seal(account, 42), elsewhere, name, more, account.alias === scene.alias, () => scene.pickAccount(account.alias), { account: account.alias });
}

function personLine(person, account, scene) {
  const tick = el(person.follows ? "span.tick" : "span.tick.not", {}, say(person.follows ? "follows" : "follows_not"));
  const name = el("span.pick-name", {}, el("span", {}, person.nickname), tick);
  const here = person.openid === scene.openid;
  return line(landscape(person, 42), scene.unread(account.alias, person), name, person.openid, here, () => scene.pickPerson(person.openid), { openid: person.openid });
}

function line(face, unread, name, more, here, press, data) {
  const badge = unread > 0 && el("span.badge", { "aria-label": say("unread", { n: unread }) }, unread > 99 ? "99+" : String(unread));
  const inside = [el("span.pick-face", {}, face, badge), el("span.pick-words", {}, name, el("span.pick-more", {}, more))];
  return el("li", {}, el("button.pick", { type: "button", "aria-current": String(here), data, onclick: press }, inside));
}
