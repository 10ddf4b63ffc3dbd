// The steps of an automation as lists in lists: where each stands, how one is moved, and carried by pointer or finger.

import { h } from "./dom.js";

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const EDGE = 70; // pixels from the window's edge, where carrying scrolls
export const WAYS = ["then", "else"];

/** A step's name for as long as it lives: its figures and the people in it are known by that. */
export const freshId = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => LETTERS[byte % LETTERS.length]).join("");

/** [{step, list, index, place, depth, way, owner}] in the order of reading; `owner` is the branch's own entry. */
export function walk(steps, place = "steps", depth = 0, way = "", owner = null) {
  return steps.flatMap((step, index) => {
    const here = { step, list: steps, index, place: `${place}[${index}]`, depth, way, owner };
    const inner = step.do === "branch" ? WAYS.map((each) => walk(step[each], `${here.place}.${each}`, depth + 1, each, here)) : [];
    return [here, ...inner.flat()];
  });
}

/** One place up or down as one reads: into a branch, over to its other side, and out again. False at either end. */
export function shift(steps, id, by) {
  const here = walk(steps).find(({ step }) => step.step_id === id);
  const goal = by > 0 ? below(here) : above(here);
  if (!goal) return false;
  here.list.splice(here.index, 1);
  goal.list.splice(goal.index, 0, here.step);
  return true;
}

function below({ list, index, way, owner }) {
  const next = list[index + 1];
  if (next) return next.do === "branch" ? { list: next.then, index: 0 } : { list, index: index + 1 };
  if (!owner) return null;
  return way === "then" ? { list: owner.step.else, index: 0 } : { list: owner.list, index: owner.index + 1 };
}

function above({ list, index, way, owner }) {
  const last = list[index - 1];
  if (last) return last.do === "branch" ? { list: last.else, index: last.else.length } : { list, index: index - 1 };
  if (!owner) return null;
  return way === "else" ? { list: owner.step.then, index: owner.step.then.length } : { list: owner.list, index: owner.index };
}

/** To this place of a list, which is not inside the step itself. */
export function put(steps, id, list, index) {
  const here = walk(steps).find(({ step }) => step.step_id === id);
  here.list.splice(here.index, 1);
  list.splice(here.list === list && index > here.index ? index - 1 : index, 0, here.step);
}

/** Follows a pressed pointer over the lists (each `ol.steps` knows its `list`) and tells where it was let go. */
export function carry(press, item, root, dropped) {
  const mark = h("li.drop-here", { "aria-hidden": "true" });
  const handle = press.currentTarget;
  let goal = null;
  const move = (event) => {
    scroll(event.clientY);
    const slot = nearest(slots(root, item), event);
    if (!slot) return;
    goal = slot;
    slot.home.insertBefore(mark, slot.before);
  };
  const end = (event) => {
    mark.remove();
    item.classList.remove("carried");
    Object.entries(heard).forEach(([name, act]) => handle.removeEventListener(name, act));
    document.removeEventListener("keydown", stop, true);
    if (event.type === "pointerup" && goal) dropped(goal.home.list, goal.index);
  };
  const stop = (key) => key.key === "Escape" && end(key);
  const heard = { pointermove: move, pointerup: end, pointercancel: end };
  press.preventDefault();
  handle.setPointerCapture(press.pointerId);
  item.classList.add("carried");
  Object.entries(heard).forEach(([name, act]) => handle.addEventListener(name, act));
  document.addEventListener("keydown", stop, true);
}

/** Before each step and after the last one of each list, but nowhere inside the one that is carried. */
function slots(root, item) {
  const homes = [...root.querySelectorAll("ol.steps")].filter((home) => !item.contains(home));
  return homes.flatMap((home) => {
    const box = home.getBoundingClientRect();
    const steps = [...home.children].filter((child) => child.matches("li.step"));
    const last = steps.at(-1)?.getBoundingClientRect().bottom ?? box.top + box.height / 2;
    const before = steps.map((step, index) => ({ home, index, before: step, y: step.getBoundingClientRect().top, x: box.left }));
    return [...before, { home, index: steps.length, before: null, y: last, x: box.left }];
  });
}

/** By height first; further in only where the pointer is. */
function nearest(all, { clientX, clientY }) {
  const far = ({ x, y }) => Math.abs(y - clientY) + Math.max(0, x - clientX) + Math.max(0, clientX - x - 40) / 8;
  return all.reduce((best, slot) => (!best || far(slot) < far(best) ? slot : best), null);
}

function scroll(y) {
  if (y < EDGE) window.scrollBy(0, -12);
  else if (y > window.innerHeight - EDGE) window.scrollBy(0, 12);
}
