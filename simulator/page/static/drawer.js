/* The drawer: per message the callback as sent and decrypted, each try, and the answer; and what the server called. */

import { $, el, fill } from "./dom.js";
import { toast } from "./ask.js";
import { drawControls } from "./controls.js";
import { icon } from "./marks.js";
import { secondsOf } from "./when.js";
import { say } from "./words.js";
import { fieldsOf, pretty } from "./xml.js";

const TABS = ["exchanges", "calls", "controls"];
const LONGEST_TRY_MS = 5000;

let drawn = "";
const opened = new Set();

/** `scene` = {tab, pickTab, exchanges, calls, chosen, select, knobs} */
export function drawDrawer(scene) {
  const shape = JSON.stringify([scene.tab, say("close"), scene.tab === "exchanges" ? [scene.exchanges, scene.chosen] : scene.tab === "calls" ? scene.calls : 0]);
  if (shape === drawn) return;
  drawn = shape;
  fill($("tabs"), TABS.map((name) => tab(name, scene)));
  if (scene.tab === "controls") drawControls($("drawer-body"), scene.knobs);
  else fill($("drawer-body"), scene.tab === "calls" ? calls(scene.calls) : exchanges(scene));
}

export function forgetDrawer() {
  drawn = "";
}

function tab(name, scene) {
  const traits = { type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(scene.tab === name), onclick: () => scene.pickTab(name) };
  return el("button", traits, say(`tab_${name}`));
}

function exchanges(scene) {
  if (!scene.exchanges.length) return [way(), el("p.empty", {}, say("exchanges_empty"))];
  const newest = [...scene.exchanges].reverse();
  return [el("p.drawer-hint", {}, say("select_hint")), ...newest.map((one) => exchange(one, scene))];
}

/** Phone, WeChat, server: where a message goes. */
function way() {
  const stops = [["phone", "way_phone"], ["bolt", "way_wechat"], ["server", "way_server"]];
  return el("div.stops", { "aria-hidden": "true" }, stops.map(([mark, name]) => el("div.stop", {}, icon(mark, 26), say(name))));
}

function exchange(one, scene) {
  const here = one.id === scene.chosen;
  const box = el("details.exchange", { open: here || opened.has(one.id), data: { exchange: one.id } }, summary(one));
  if (here) box.classList.add("chosen");
  box.addEventListener("toggle", () => toggled(box, one));
  if (box.open) box.append(...inside(one));
  return box;
}

function toggled(box, one) {
  if (!box.open) return opened.delete(one.id);
  opened.add(one.id);
  if (box.children.length === 1) box.append(...inside(one));
}

function summary(one) {
  const fields = fieldsOf(one.plain);
  const last = one.tries.at(-1);
  const what = fields.Content ?? fields.EventKey ?? fields.Label ?? fields.Title ?? fields.Status ?? "";
  const state = el(`span.dot.${stateOf(one)}`);
  return el("summary", {}, el("span.kind", {}, one.kind), el("span.what", {}, what), el("span.took", {}, secondsOf(one.at)),
    el("span.brief", {}, state, el("span", {}, brief(one, last))));
}

function stateOf(one) {
  if (!one.tries.length) return "waiting";
  return one.outcome === "accepted" ? "accepted" : "failed";
}

function brief(one, last) {
  if (!last) return say("waiting");
  const count = one.tries.length === 1 ? say("one_try") : say("tries", { n: one.tries.length });
  const fields = fieldsOf(last.plain);
  const words = last.why || fields.Content || fields.MsgType || say("noreply");
  return `${count} · ${Math.round(last.ms)} ms · ${words}`;
}

function inside(one) {
  const last = one.tries.at(-1);
  return [
    timeline(one),
    raw("callback_clear", one.plain),
    one.request && one.request !== one.plain && raw("callback_sent", one.request, true),
    last && raw(last.plain && last.plain !== last.answer ? "answer_clear" : "answer_sent", last.plain || last.answer || say("answer_empty")),
    last?.plain && last.plain !== last.answer && raw("answer_sent", last.answer, true),
    one.query && raw("address", one.query.replaceAll("&", "\n&"), true),
  ].filter(Boolean);
}

function timeline(one) {
  return el("div.timeline", {}, one.tries.map((each, place) => {
    const bar = el("i");
    bar.style.width = `${Math.min(100, (each.ms / LONGEST_TRY_MS) * 100)}%`;
    const status = each.status ? `HTTP ${each.status}` : say("no_answer");
    return el(`div.try.${each.outcome === "accepted" ? "accepted" : "failed"}`, {},
      el("code", {}, `${place + 1}`), el("code", {}, secondsOf(each.at)), el("span.track", {}, bar), el("code", {}, `${Math.round(each.ms)} ms · ${status}`));
  }));
}

function raw(name, text, folded = false) {
  const copy = el("button.quiet", { type: "button", onclick: () => keep(text) }, say("copy"));
  const body = el("pre", { tabindex: 0 }, pretty(text));
  if (!folded) return el("section.raw", {}, el("header", {}, el("span", {}, say(name)), copy), body);
  return el("section.raw", {}, el("details", {}, el("summary", {}, say(name)), body, copy));
}

async function keep(text) {
  await navigator.clipboard.writeText(text);
  toast(say("copied"));
}

function calls(list) {
  if (!list.length) return [el("p.empty", {}, say("calls_empty"))];
  return [...list].reverse().slice(0, 200).map((call) => {
    const bad = call.errcode ? el("code.bad", {}, String(call.errcode)) : el("code", {}, `${Math.round(call.ms)} ms`);
    return el("div.call", {}, el("span.took", {}, secondsOf(call.at)), el("code", { title: call.body }, call.path), bad);
  });
}
