// API tokens: what machines come in with. Shown once, then only recognised; revoked, they open nothing.

import { get, part, post, remove } from "./api.js";
import { h } from "./dom.js";
import { confirm, sheet } from "./dialogs.js";
import { form } from "./forms.js";
import { day } from "./format.js";
import { icon } from "./icons.js";
import { badge, busy, button, copyable, empty, into, notice } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

export async function showTokens(body, at, frame) {
  const again = () =>
    into(
      body,
      () => get("tokens"),
      ({ items }) => draw(items, { ...at, again }),
    );
  frame(at.may("tokens:write") && button(t("token_new"), () => issue({ ...at, again }), { sign: "plus", kind: "primary" }));
  await again();
}

function draw(items, at) {
  if (!items.length) return empty(t("tokens_none"), t("tokens_none_about"));
  return h(
    "ul.rows.tall",
    {},
    items.map((token) => row(token, at)),
  );
}

function row(token, at) {
  const scopes = token.scopes.map((scope) => badge(scopeName(scope), scope === "*" ? "warn" : "quiet"));
  const by = token.created_by ? ` · ${t("token_by", { name: token.created_by })}` : "";
  const off =
    at.may("tokens:write") && button(t("revoke"), (press) => revoke(press.currentTarget, token, at), { sign: "bin", small: true });
  return h(
    "li",
    {},
    h("span.thumb", {}, icon("key")),
    h(
      "div.grow",
      {},
      h("strong", {}, token.label),
      h("p.soft", {}, `${token.mark.slice(0, 8)} · ${t("token_since", { when: day(token.since) })}${by}`),
      h("span.chips", {}, scopes),
    ),
    h("span.acts", {}, off),
  );
}

function scopeName(scope) {
  if (scope === "*") return t("scope_all");
  const [area, doing] = scope.split(":");
  return `${t(`room_${area}`, {}, area)} · ${t(`scope_${doing}`)}`;
}

/** Only what the one who asks has: nobody can give away more. */
function issue(at) {
  const boxes = ["*", ...at.me.may].map((scope) =>
    h("label.check", {}, h("input", { type: "checkbox", value: scope }), scopeName(scope), h("code.soft", {}, scope)),
  );
  const choice = h("div.scopes", { role: "group", "aria-label": t("scopes") }, boxes);
  const submit = async ({ label, scopes }) => {
    const made = await post("tokens", { label, scopes });
    asked.close();
    reveal(made);
    await at.again();
  };
  const fields = [
    { name: "label", label: t("token_label"), required: true, max: 80, example: t("token_label_example"), first: true },
    {
      name: "scopes",
      label: t("scopes"),
      required: true,
      hint: t("scopes_hint"),
      node: choice,
      read: () => [...choice.querySelectorAll("input:checked")].map((box) => box.value),
    },
  ];
  const asked = sheet(t("token_new"), form({ fields, action: t("token_issue"), submit, cancel: () => asked.close() }));
}

function reveal(made) {
  sheet(made.label, [h("p", {}, t("token_once")), h("div.secret", {}, copyable(made.token)), notice("warn", t("token_warning"))]);
}

async function revoke(pressed, token, at) {
  const sure = await confirm({ title: t("revoke_named", { name: token.label }), text: t("revoke_about"), action: t("revoke") });
  if (!sure) return;
  await busy(pressed, async () => {
    await remove(`tokens/${part(token.mark)}`);
    toast(t("token_revoked", { name: token.label }));
    await at.again();
  });
}
