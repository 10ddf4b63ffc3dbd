/* The page's own small windows: a question with a field, and the toast. */

import { $, el } from "./dom.js";
import { say, sayBoth } from "./words.js";

let hide = 0;

export function toast(words, seconds = 2) {
  const node = $("toast");
  node.textContent = words;
  node.hidden = false;
  clearTimeout(hide);
  hide = setTimeout(() => { node.hidden = true; }, seconds * 1000);
}

/** A trouble is told in Chinese with English, whichever language is chosen. */
export function trouble(key, values) {
  toast(sayBoth(key, values), 4);
}

/** The answer, or null when the person thought better of it. Without a `start` it is a yes or no. */
export function ask(words, start, long = false) {
  return new Promise((settle) => {
    const field = start === undefined ? null : el(long ? "textarea" : "input", { id: "answer", spellcheck: "false" });
    const yes = el("button", { type: "submit", value: "yes" }, say("ok"));
    const no = el("button", { type: "submit", value: "" , formnovalidate: true }, say("dismiss"));
    const form = el("form", { method: "dialog" }, el("label", { for: "answer" }, words), field, el("menu", {}, no, yes));
    const box = el("dialog.question", {}, form);
    if (field) field.value = start;
    // Enter presses the first submit button, which is "cancel": the field sends the other one.
    field?.addEventListener("keydown", (event) => event.key === "Enter" && !long && !event.isComposing && (event.preventDefault(), yes.click()));
    box.addEventListener("close", () => {
      box.remove();
      settle(box.returnValue === "yes" ? field?.value ?? true : null);
    });
    document.body.append(box);
    box.showModal();
    (field ?? yes).focus();
    field?.select();
  });
}
