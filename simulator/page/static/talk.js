/* The conversation on the screen: kept in step with the chat, new entries coming in with a small movement. */

import { $, el } from "./dom.js";
import { row } from "./bubbles.js";
import { seal } from "./marks.js";
import { clockOf, whenOf } from "./when.js";
import { language } from "./words.js";

const FIVE_MINUTES = 300;
const NEAR = 90;

let drawn = { whose: "", shape: "", nodes: new Map() };

/** `scene` = {key, entries, typing, now, account, person, act, select, chosen} */
export function drawTalk(scene) {
  const whose = `${scene.key} ${language()}`;
  const shape = JSON.stringify([scene.entries, scene.typing, scene.chosen, whose]);
  if (shape === drawn.shape) return;
  const begun = drawn.whose === whose;
  const nodes = nodesOf(scene, begun ? drawn.nodes : new Map(), begun);
  const came = begun && scene.entries.some((entry) => !entry.mine && !drawn.nodes.has(entry.key));
  const follow = !begun || atEnd() || scene.entries.at(-1)?.pending;
  if (came && scene.entries.at(-1)?.type === "template") navigator.vibrate?.(60);
  drawn = { whose, shape, nodes };
  show([...nodes.values()], follow, came);
}

function show(nodes, follow, came) {
  const top = $("talk").scrollTop;
  $("talk").replaceChildren(...nodes.flatMap(({ when, node }) => (when ? [when, node] : [node])));
  $("talk").scrollTop = follow ? $("talk").scrollHeight : top;
  $("newer").hidden = follow || (!came && $("newer").hidden);
}

/** Nodes that look the same are used again, so that nothing moves but what is new. */
function nodesOf(scene, known, begun) {
  const nodes = new Map();
  let before = 0;
  for (const entry of scene.entries) {
    const look = JSON.stringify([entry, entry.exchange === scene.chosen]);
    const old = known.get(entry.key);
    const fresh = begun && !old && (entry.pending || !entry.mine);
    const kept = old?.look === look ? settle(old.node) : draw(entry, scene, fresh);
    const when = entry.at - before > FIVE_MINUTES ? el("time.when", {}, whenOf(entry.at, scene.now)) : null;
    nodes.set(entry.key, { look, node: kept, when });
    before = entry.at;
  }
  if (scene.typing) nodes.set("typing", { look: "typing", node: known.get("typing")?.node ?? dots(scene), when: null });
  return nodes;
}

function draw(entry, scene, fresh) {
  const node = row({ ...entry, clock: clockOf(entry.at) }, scene);
  node.classList.toggle("fresh", Boolean(fresh));
  return node;
}

function settle(node) {
  node.classList.remove("fresh");
  return node;
}

function dots({ account }) {
  return el("div.row.theirs.typing.fresh", { "aria-hidden": "true" }, seal(account), el("div.bubble", {}, el("i"), el("i"), el("i")));
}

function atEnd() {
  const { scrollTop, scrollHeight, clientHeight } = $("talk");
  return scrollHeight - scrollTop - clientHeight < NEAR;
}

export function toEnd() {
  $("talk").scrollTo({ top: $("talk").scrollHeight, behavior: "smooth" });
  $("newer").hidden = true;
}

export function hideNewerAtEnd() {
  if (atEnd()) $("newer").hidden = true;
}
