// By which attributes other systems name our followers: a customer number, a member card.

import { get, part, put } from "./api.js";
import { sheet } from "./dialogs.js";
import { h } from "./dom.js";
import { form } from "./forms.js";
import { icon } from "./icons.js";
import { busy, button, empty, into } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const MOST = 10;

export async function showIds(body, at) {
  const again = () =>
    into(
      body,
      () => get(pathOf(at)),
      ({ items }) => draw(items, { ...at, again }),
    );
  await again();
}

const pathOf = (at) => `${part(at.account)}/ids`;
const write = (ids, at) => put(pathOf(at), { ids }).then(at.again);

function draw(ids, at) {
  const may = at.may("integrations:write");
  const add = may && ids.length < MOST && button(t("ids_add"), () => mark(ids, at), { sign: "plus", kind: ids.length ? "" : "primary" });
  if (!ids.length) return empty(t("ids_none"), t("ids_about"), add);
  return [
    h("p.soft.about", {}, t("ids_about")),
    h(
      "ul.rows.ids",
      {},
      ids.map((id) => h("li", {}, h("span.thumb", {}, icon("key")), h("code.grow", {}, id), may && off(id, ids, at))),
    ),
    h("div.actions.after", {}, add),
  ];
}

function off(id, ids, at) {
  const act = (press) =>
    busy(press.currentTarget, async () => {
      const rest = ids.filter((each) => each !== id);
      await write(rest, at);
      toast(t("ids_gone", { name: id }), { undo: () => write(ids, at) });
    });
  return button("", act, { sign: "bin", kind: "quiet", title: t("ids_remove", { name: id }) });
}

function mark(ids, at) {
  const submit = async ({ name }) => {
    await put(pathOf(at), { ids: [...ids, name] });
    asked.close();
    toast(t("ids_marked", { name }), { undo: () => write(ids, at) });
    await at.again();
  };
  const complain = (read) => (ids.includes(read) ? t("ids_known") : "");
  const fields = [{ name: "name", label: t("ids_name"), required: true, max: 40, hint: t("ids_name_hint"), complain, first: true }];
  const asked = sheet(t("ids_add"), form({ fields, action: t("ids_mark"), submit, cancel: () => asked.close() }));
}
