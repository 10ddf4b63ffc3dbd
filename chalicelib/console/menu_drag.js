// Entries are dragged by their grip; a line shows where one would land, and nothing moves until it is let go.

import { find, indexOf, isGroup, mayGo, move, parentOf } from "./menu_model.js";

const FAR = 5; // px: less was a press
const INDENT = 40; // px: where the second level begins

/** On a pointer's press on a grip. `done(place)` gets where the entry is now; without a move nothing is called. */
export function drag(press, list, part, done) {
  if (press.button > 0) return;
  const grip = press.currentTarget;
  const row = grip.closest("li");
  const from = row.dataset.at;
  let [goal, begun] = [null, false];
  const show = (found) => {
    list
      .querySelectorAll(".drop-before, .drop-after, .drop-into")
      .forEach((each) => each.classList.remove("drop-before", "drop-after", "drop-into"));
    goal = found;
    found?.row.classList.add(`drop-${found.how}`);
  };
  const follow = (moved) => {
    begun ||= Math.abs(moved.clientY - press.clientY) > FAR;
    if (!begun) return;
    row.classList.add("dragged");
    show(target(moved, list, part, from));
  };
  const end = (ended) => {
    grip.removeEventListener("pointermove", follow);
    ["pointerup", "pointercancel"].forEach((name) => grip.removeEventListener(name, end));
    row.classList.remove("dragged");
    const wanted = ended.type === "pointerup" ? goal : null;
    show(null);
    if (wanted) done(move(part, from, wanted.into, wanted.index));
  };
  press.preventDefault(); // no text is selected on the way
  grip.focus();
  grip.setPointerCapture(press.pointerId);
  grip.addEventListener("pointermove", follow);
  ["pointerup", "pointercancel"].forEach((name) => grip.addEventListener(name, end));
}

/** {row, how, into, index} of what lies under the pointer, or null where it may not go. */
function target(pointer, list, part, from) {
  const rows = [...list.querySelectorAll("li[data-at]")];
  const row = rows.find((each) => pointer.clientY <= each.getBoundingClientRect().bottom) || rows.at(-1);
  const { top, height } = row.querySelector(".entry-head").getBoundingClientRect();
  const deep = pointer.clientX > list.getBoundingClientRect().left + INDENT;
  const fit = choices(part, row.dataset.at, (pointer.clientY - top) / height, deep).find(({ into }) => mayGo(part, from, into));
  const stays = fit && fit.into === parentOf(from) && [indexOf(from), indexOf(from) + 1].includes(fit.index);
  return fit && !stays ? { ...fit, row } : null;
}

/** Where one could go that is dropped on this row, the likeliest first; further right is one level deeper. */
function choices(part, at, share, deep) {
  const beside = { how: share < 0.5 ? "before" : "after", into: parentOf(at), index: indexOf(at) + (share < 0.5 ? 0 : 1) };
  if (parentOf(at)) {
    const outside = { how: "after", into: "", index: indexOf(parentOf(at)) + 1 };
    return deep ? [beside, outside] : [outside, beside];
  }
  const inside = isGroup(find(part, at)) ? [{ how: "into", into: at, index: 0 }] : [];
  return deep ? [...inside, beside] : [beside, ...inside];
}
