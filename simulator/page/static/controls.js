/* The knobs of the world: its clock, what breaks next, behaviour WeChat leaves open, and a fresh start. */

import { el, fill } from "./dom.js";
import { dayOf, lengthOf, secondsOf } from "./when.js";
import { say } from "./words.js";

const JUMPS = [[300, "plus_5_minutes"], [7200, "plus_2_hours"], [86400, "plus_1_day"]];
const MODES = ["safe", "compatible", "plain"];
const SETTINGS = ["mode", "retry_malformed", "strict_compatible", "double_redirect", "deadline_s", "pause_s", "event_delay_s", "caller_ip"];

export function drawControls(node, knobs) {
  fill(node, clock(knobs), breaks(knobs), settings(knobs), fresh(knobs));
}

/** Called each second, so that the clock goes without drawing the rest again. */
export function tick(knobs) {
  const face = document.getElementById("big-clock");
  if (!face) return;
  face.querySelector("strong").textContent = secondsOf(knobs.now());
  const ahead = knobs.offset();
  const words = Math.abs(ahead) < 1 ? say("clock_real") : say("clock_ahead", { time: lengthOf(ahead) });
  face.querySelector("span").textContent = `${dayOf(knobs.now())} · ${words}`;
}

function group(name, ...inside) {
  return el("section.knobs", { data: { knobs: name } }, el("h3", {}, say(name)), el("p", {}, say(`${name}_hint`)), inside);
}

function key(words, press, note, warn) {
  return el(warn ? "button.key.warn" : "button.key", { type: "button", onclick: press }, words, note && el("code", {}, note));
}

function clock(knobs) {
  const face = el("div.big-clock", { id: "big-clock" }, el("strong", {}, secondsOf(knobs.now())), el("span"));
  const jumps = JUMPS.map(([seconds, name]) => key(say(name), () => knobs.jump(seconds)));
  return group("clock", face, el("div.keys", {}, jumps));
}

function breaks(knobs) {
  const keys = knobs.BREAKS.map(([name, note, act]) => key(say(name), () => knobs.breakWith(name, act), note, true));
  return group("breaks", el("div.keys.pair", {}, keys, key(say("break_mend"), knobs.mend)));
}

function settings(knobs) {
  const known = SETTINGS.filter((name) => knobs.settings[name] !== undefined);
  return known.length > 0 && group("settings", known.map((name) => setting(name, knobs.settings[name], knobs)));
}

function setting(name, value, knobs) {
  const field = name === "mode" ? choice(value) : FIELDS[typeof value](value);
  field.id = `set-${name}`;
  field.addEventListener("change", () => knobs.change({ [name]: read(field) }));
  return el("div.setting", {}, el("label", { for: field.id }, say(`set_${name}`), el("code", {}, name)), field);
}

const FIELDS = {
  boolean: (value) => Object.assign(el("input", { type: "checkbox" }), { checked: value }),
  number: (value) => Object.assign(el("input", { type: "number", step: "any", min: 0 }), { value }),
  string: (value) => Object.assign(el("input", { type: "text" }), { value }),
};

function choice(value) {
  return el("select", {}, MODES.map((mode) => el("option", { value: mode, selected: mode === value }, say(`mode_${mode}`))));
}

function read(field) {
  if (field.type === "checkbox") return field.checked;
  return field.type === "number" ? Number(field.value) : field.value;
}

function fresh(knobs) {
  return group("reset", el("div.keys.pair", {}, key(say("reset"), knobs.reset, "", true)));
}
