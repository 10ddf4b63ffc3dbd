/* The row at the foot of the chat: the account's menu, or the keyboard with its plus panel. */

import { $, el, fill } from "./dom.js";
import { icon } from "./marks.js";
import { say } from "./words.js";

const SMILEYS = [..."😀😄😂🥹😊😍😘🤔😅😭😡👍🙏👏💪🌹🍵🫖🎉❤"];
const WAYS = [
  ["picture", "way_picture"], ["voice", "way_voice"], ["place", "way_place"], ["link", "way_link"],
  ["scan", "way_scan"], ["globe", "way_open"], ["yuan", "way_pay"], ["bolt", "way_event"],
];

let shows = "";
let panel = "";
let drawn = "";

/** `scene` = {key, menu, say(text), press(button), way(name)}; drawn again only when something about it changed. */
export function drawFoot(scene) {
  const now = JSON.stringify([scene.key, scene.menu, say("send")]);
  if (now === drawn) return;
  if (!drawn.startsWith(JSON.stringify([scene.key]).slice(0, -1))) forget(scene);
  drawn = now;
  draw(scene);
}

function forget(scene) {
  shows = scene.menu.length ? "menu" : "keys";
  panel = "";
}

function draw(scene, focus = false) {
  const inside = shows === "menu" && scene.menu.length ? menuRow(scene) : keyRow(scene);
  fill($("foot"), inside, panel === "ways" && ways(scene), panel === "faces" && smileys());
  if (focus) $("foot").querySelector("textarea")?.focus();
}

function turn(scene, to) {
  return () => {
    shows = to;
    panel = "";
    draw(scene, to === "keys");
  };
}

function menuRow(scene) {
  const back = el("button.foot-turn", { type: "button", "aria-label": say("to_keyboard"), title: say("to_keyboard"), onclick: turn(scene, "keys") }, icon("keyboard", 25));
  return el("div.foot-row", { role: "menubar" }, back, scene.menu.map((button, place) => slot(button, place, scene)));
}

function slot(button, number, scene) {
  const below = button.sub_button ?? [];
  const press = () => (closeMenus() === button.name ? null : below.length ? unfold(place, number, below, scene) : scene.press(button, [number]));
  const face = el("button.menu-button", { type: "button", role: "menuitem", "aria-haspopup": below.length > 0, onclick: press },
    below.length ? icon("lines", 15) : null, el("span", {}, button.name));
  const place = el("div.menu-slot", { data: { name: button.name } }, face);
  return place;
}

function unfold(place, number, below, scene) {
  const choose = (button, which) => () => {
    closeMenus();
    scene.press(button, [number, which]);
  };
  const items = below.map((button, which) => el("button", { type: "button", role: "menuitem", onclick: choose(button, which) }, button.name));
  place.prepend(el("div.submenu", { role: "menu" }, items));
  items[0].focus({ focusVisible: false });
}

/** Tells whose sub menu was open. */
export function closeMenus() {
  const open = document.querySelector(".submenu");
  const name = open?.parentNode.dataset.name;
  open?.remove();
  return name;
}

function keyRow(scene) {
  const field = el("textarea", { rows: 1, "aria-label": say("say_label"), enterkeyhint: "send", maxlength: 4000 });
  const send = el("button.send", { type: "button", hidden: true }, say("send"));
  const toggle = (name) => () => {
    panel = panel === name ? "" : name;
    const kept = field.value;
    draw(scene);
    put($("foot").querySelector("textarea"), kept);
  };
  const faces = el("button.round", { type: "button", "aria-label": say("faces"), onclick: toggle("faces") }, ring("face"));
  const plus = el("button.round.plus", { type: "button", "aria-label": say("more_ways"), onclick: toggle("ways") }, ring("plus"));
  field.addEventListener("input", () => grow(field, send, plus));
  field.addEventListener("keydown", (event) => event.key === "Enter" && !event.shiftKey && !event.isComposing && speak(event, field, scene));
  send.addEventListener("click", (event) => speak(event, field, scene));
  const back = scene.menu.length > 0 && el("button.foot-turn", { type: "button", "aria-label": say("to_menu"), title: say("to_menu"), onclick: turn(scene, "menu") }, icon("menu", 24));
  return el("div.foot-row", {}, back, el("div.composer", {}, field, faces, send, plus));
}

function ring(name) {
  return el("span.ring", {}, icon(name, 22));
}

function grow(field, send, plus) {
  const full = field.value.trim() !== "";
  send.hidden = !full;
  plus.hidden = full;
  field.style.height = "38px";
  field.style.height = `${Math.min(field.scrollHeight, 112)}px`;
}

function put(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input"));
  field.focus();
}

function speak(event, field, scene) {
  event.preventDefault();
  const text = field.value;
  if (!text.trim()) return;
  put(field, "");
  scene.say(text);
}

function smileys() {
  const add = (face) => () => {
    const field = $("foot").querySelector("textarea");
    put(field, field.value + face);
  };
  return el("div.smileys", {}, SMILEYS.map((face) => el("button", { type: "button", onclick: add(face) }, face)));
}

function ways(scene) {
  return el("div.ways", {}, WAYS.map(([mark, name]) =>
    el("button.way", { type: "button", data: { way: name }, onclick: () => scene.way(name) }, el("span", {}, icon(mark, 27)), say(name))));
}
