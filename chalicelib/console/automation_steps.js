// The list of steps while one writes it: what each says, in which order, by pointer, finger or keyboard.

import { STEPS, kindOf } from "./automation_fields.js";
import { mayMessage, mayTemplate } from "./automation_ideas.js";
import { WAYS, carry, freshId, put, shift, walk } from "./automation_tree.js";
import { fill, h, unique } from "./dom.js";
import { select } from "./forms.js";
import { icon } from "./icons.js";
import { badge, button } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const SPEAKS = { template: mayTemplate, message: mayMessage };
const SHORT = ["wait", "clock", "tag", "untag", "end"]; // these stand in one line
const ARROWS = { ArrowUp: -1, ArrowDown: 1 };

/** {node, draw()}; `state.told.steps` is written in place, `ctx.changed` is told of every change. */
export function stepList(state, ctx, account) {
  const node = h("div.steps-editor", { onfocusin: remember });
  const said = h("p.unseen", { "aria-live": "polite" });
  const list = { state, ctx, account, node, said };
  list.draw = () => fill(node, said, home(state.told.steps, list));
  list.draw();
  return list;
}

/** The field that a variable is put into is the one that somebody was in last. */
function remember({ target }) {
  if (!target.matches("[data-words]")) return;
  const step = target.closest("li.step");
  step.querySelectorAll(".last-in").forEach((each) => each.classList.remove("last-in"));
  target.classList.add("last-in");
}

function home(steps, list) {
  const node = h(
    "ol.steps",
    {},
    steps.map((step) => item(step, steps, list)),
  );
  node.list = steps;
  return [node, adder(steps, list)];
}

function adder(steps, list) {
  const kinds = Object.keys(STEPS).filter((kind) => SPEAKS[kind]?.(list.account) ?? true);
  const node = select([["", t("auto_add_step")], ...kinds.map((kind) => [kind, t(`auto_step_${kind}`)])], "", {
    class: "adder",
    "aria-label": t("auto_add_step"),
  });
  node.addEventListener("change", () => {
    const step = { step_id: freshId(), ...structuredClone(STEPS[node.value][1]) };
    steps.push(step);
    redraw(list, step.step_id, ".controls :is(input, select, textarea), .handle");
  });
  return node;
}

function redraw(list, id, focus = ".handle") {
  list.draw();
  list.ctx.changed();
  list.node.querySelector(`[data-step="${id}"]`)?.querySelector(focus)?.focus();
}

function item(step, steps, list) {
  const kind = kindOf(step);
  const [sign, , controls] = STEPS[kind];
  const name = t(`auto_step_${kind}`);
  const mistake = h("p.mistake", { id: unique("mistake") });
  const made = controls(step, list.ctx);
  const written = made && h("div.controls", {}, made);
  const short = SHORT.includes(kind);
  const inner = step.do === "branch" && WAYS.map((way) => h("div.lane", { class: way }, h("div.lane-head", {}, badge(t(`auto_way_${way}`), way === "then" ? "good" : "quiet")), home(step[way], list)));
  return h(
    "li.step",
    { class: `is-${kind}`, "data-step": step.step_id, onfocusout: (left) => seen(left, step, list) },
    h(
      "header",
      {},
      handle(step, name, list),
      h("span.sign", {}, icon(sign)),
      h("strong", { class: short && made ? "" : "grow" }, name),
      short && written,
      h("span.figures.dry", { "data-dry": step.step_id }),
      h("span.acts", {}, mover(step, name, -1, list), mover(step, name, 1, list), bin(step, steps, name, list)),
    ),
    !short && written,
    mistake,
    inner,
  );
}

/** Who has left a step has written it, and may be told what is wrong with it. */
function seen({ currentTarget, relatedTarget }, step, { state, ctx }) {
  if (currentTarget.contains(relatedTarget) || state.seen.has(step.step_id)) return;
  state.seen.add(step.step_id);
  ctx.complain();
}

function handle(step, name, list) {
  const down = (press) => carry(press, press.currentTarget.closest("li.step"), list.node, (to, index) => dropped(step, to, index, list));
  const key = (told) => {
    if (!ARROWS[told.key]) return;
    told.preventDefault();
    move(step, ARROWS[told.key], list);
  };
  return button("", null, { sign: "grip", kind: "quiet handle", small: true, title: t("auto_move", { name }), onpointerdown: down, onkeydown: key });
}

function mover(step, name, by, list) {
  const words = t(by < 0 ? "auto_up" : "auto_down", { name });
  const act = () => move(step, by, list, by < 0 ? ".up" : ".down");
  return button("", act, { sign: by < 0 ? "up" : "down", kind: by < 0 ? "quiet up" : "quiet down", small: true, title: words });
}

function move(step, by, list, focus) {
  if (shift(list.state.told.steps, step.step_id, by)) redraw(list, step.step_id, focus);
  tell(step, list);
}

function dropped(step, to, index, list) {
  put(list.state.told.steps, step.step_id, to, index);
  redraw(list, step.step_id);
  tell(step, list);
}

function tell(step, { state, said }) {
  const all = walk(state.told.steps);
  const n = all.findIndex((one) => one.step === step) + 1;
  fill(said, t("auto_moved", { n, of: all.length }));
}

function bin(step, steps, name, list) {
  const act = () => {
    const before = structuredClone(list.state.told.steps);
    steps.splice(steps.indexOf(step), 1);
    redraw(list, step.step_id);
    toast(t("auto_step_gone", { name }), {
      undo: () => {
        list.state.told.steps = before;
        redraw(list, step.step_id);
      },
    });
    list.node.querySelector("select.adder:last-of-type")?.focus();
  };
  return button("", act, { sign: "bin", kind: "quiet", small: true, title: t("auto_remove_step", { name }) });
}
