// What becomes of an edited menu: saved over what was seen, settled with whoever was quicker, published, or let go.

import { put } from "./api.js";
import { askToPublish, clash } from "./menu_changes.js";
import { keepWork, takeWork } from "./menu_model.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

/** Whether this menu, and no other, is the draft now. */
export async function save(editor, version = editor.base) {
  const sent = structuredClone(editor.menu); // they may type on meanwhile
  try {
    const { draft, problems } = await put(`${editor.path}/draft`, { menu: sent, version });
    takeWork(editor.at.account);
    editor.settled(sent, draft, problems);
    toast(t("saved"));
    return true;
  } catch (problem) {
    if (problem.status !== 409 || !problem.details?.draft) throw problem;
    return settle(editor, problem.details);
  }
}

/** Two worked on it: keep mine, over theirs; or take theirs. */
async function settle(editor, details) {
  const chosen = await clash(details, editor.menu, editor.number, editor.at);
  if (chosen === "mine") return save(editor, details.draft.version);
  if (chosen === "theirs") discard(editor, details.draft.version);
  return false;
}

/** `base`: the version that bringing it back would be saved over, where they have seen a newer one. */
export function discard(editor, base = editor.base) {
  const { account } = editor.at;
  const work = { menu: editor.menu, base };
  takeWork(account);
  const undo = () => {
    keepWork(account, work);
    editor.at.refresh();
  };
  toast(t("menu_discarded"), { undo });
  editor.at.refresh();
}

export async function publish(editor) {
  if (editor.dirty && !(await save(editor))) return;
  const blocking = editor.faults.filter((one) => one.blocks).length;
  if (blocking) {
    toast(t("menu_mend_first", { n: blocking }), { kind: "bad" });
    editor.toFault();
    return;
  }
  const done = await askToPublish({ version: editor.base, known: editor.changes, at: editor.at });
  if (done) editor.at.refresh();
}
