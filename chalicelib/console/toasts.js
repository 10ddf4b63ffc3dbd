// Short notes at the edge: what was done, with a way to undo it where there is one.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { t } from "./words.js";

const STAYS = { plain: 4000, undo: 9000, bad: 9000 };

/** `undo` is called at most once; what fails while undoing is told as well. */
export function toast(words, { undo, kind = "plain" } = {}) {
  const note = h("div.toast", { class: kind }, icon(kind === "bad" ? "warn" : "check"), h("span.grow", {}, words));
  const leave = () => note.remove();
  if (undo) note.append(undoing(undo, leave));
  note.append(h("button.button.bare.quiet.small", { type: "button", "aria-label": t("close"), onclick: leave }, icon("close")));
  const place = document.getElementById("toasts");
  place.append(note);
  rise(place);
  stay(note, STAYS[undo ? "undo" : kind]);
}

/** Above whatever lies on top: a dialog would hide it. */
function rise(place) {
  if (!place.showPopover) return; // older browsers: behind a dialog, and there when it closes
  place.popover = "manual";
  place.hidePopover();
  place.showPopover();
}

function undoing(undo, leave) {
  const act = async () => {
    leave();
    await Promise.resolve(undo()).then(
      () => toast(t("undone")),
      (problem) => toast(problem.message, { kind: "bad" }),
    );
  };
  return h("button.button.small.undo", { type: "button", onclick: act }, t("undo"));
}

/** Whoever reads or holds the pointer over a note keeps it. */
function stay(note, ms) {
  let timer = setTimeout(() => note.remove(), ms);
  const hold = () => clearTimeout(timer);
  const release = () => (timer = setTimeout(() => note.remove(), ms));
  note.addEventListener("pointerenter", hold);
  note.addEventListener("pointerleave", release);
  note.addEventListener("focusin", hold);
  note.addEventListener("focusout", release);
}
