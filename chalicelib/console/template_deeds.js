// What is done to a template: a name here, another name, gone for good. Each says first whom it concerns.

import { part, put, remove } from "./api.js";
import { h } from "./dom.js";
import { confirm, sheet } from "./dialogs.js";
import { form } from "./forms.js";
import { half } from "./format.js";
import { busy } from "./parts.js";
import { useLine } from "./template_view.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const NAME = /^[a-z0-9_]{1,32}$/;

const pathOf = (at, item) => `${part(at.account)}/templates/${part(item)}`;
const those = (uses, at) => h("ul.used-by", {}, uses.map((use) => useLine(use, at)));

export const notAName = (name) => (!name || NAME.test(name) ? "" : t("tpl_name_letters"));

export const nameField = (value = "") => ({
  name: "name",
  label: t("tpl_name"),
  value,
  max: 32,
  example: t("tpl_name_example"),
  hint: t("tpl_name_hint"),
  complain: notAName,
});

export function nameTemplate(one, at) {
  const submit = async ({ name }) => {
    if (!(await named(one, name, at))) return;
    asked.close();
    await at.again();
  };
  const asked = sheet(
    t(one.name ? "tpl_rename" : "tpl_give_name"),
    form({ fields: [{ ...nameField(one.name), first: true }], action: t("save"), submit, cancel: () => asked.close() }),
  );
}

/** Was it done? Where it changes what others send, they are named and one is asked. */
async function named(one, name, at) {
  const path = `${pathOf(at, one.template_id)}/alias`;
  const before = one.name;
  const undo = { undo: () => put(path, { name: before, instead: true }).then(() => at.again()) };
  try {
    await put(path, { name });
    toast(t("saved"), undo);
    return true;
  } catch (problem) {
    if (problem.status !== 409 || !problem.details.gaining) throw problem;
    if (!(await confirm({ title: t("tpl_name_moves"), text: moves(problem.details, name, before, at), action: t("tpl_name_move") }))) return false;
    await put(path, { name, instead: true });
    // Taken from another template, a name does not go back by itself.
    toast(t("saved"), problem.details.instead_of ? {} : undo);
    return true;
  }
}

const moves = ({ gaining, losing, problems }, name, before, at) => [
  gaining.length > 0 && [h("p", {}, t("tpl_gaining", { name })), those(gaining, at)],
  losing.length > 0 && [h("p", {}, t("tpl_losing", { name: before })), those(losing, at)],
  problems.map(({ words }) => h("p.bad", {}, half(words))),
];

export async function dropTemplate(pressed, one, at, using = one.uses) {
  const text = [h("p", {}, t("tpl_remove_about")), using.length > 0 && [h("p.bad", {}, t("tpl_remove_used", { n: using.length })), those(using, at)]];
  const sure = await confirm({ title: t("tpl_remove", { title: one.title }), text, action: t(using.length ? "tpl_remove_anyway" : "delete") });
  if (!sure) return;
  let since = null;
  await busy(pressed, async () => {
    try {
      await remove(`${pathOf(at, one.template_id)}${using.length ? "?anyway=true" : ""}`);
    } catch (problem) {
      if (!problem.details?.uses?.length) throw problem;
      since = problem.details.uses; // somebody began to use it meanwhile
      return;
    }
    toast(t("deleted"));
    await at.again();
  });
  if (since) await dropTemplate(pressed, one, at, since);
}

export async function dropName(pressed, name, at) {
  const sure = await confirm({ title: t("tpl_drop_name", { name }), text: t("tpl_drop_name_about"), action: t("delete") });
  if (!sure) return;
  await busy(pressed, async () => {
    await remove(`${part(at.account)}/template-names/${part(name)}`);
    toast(t("deleted"));
    await at.again();
  });
}
