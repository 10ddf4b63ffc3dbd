// The account's tags, asked for once and remembered while the page lives; every room shows them by name and colour.

import { get, part } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const known = new Map();

/** [{tag_id, name, people}], from memory where possible. */
export async function tagsOf(account, { fresh = false } = {}) {
  if (fresh || !known.has(account)) {
    const { items } = await get(`${part(account)}/tags`);
    known.set(account, items);
  }
  return known.get(account);
}

/** What is known without asking; chips show numbers until the names are there. */
export const knownTags = (account) => known.get(account) || [];

export function forgetTags(account) {
  if (account) known.delete(account);
  else known.clear();
}

export function chip(tag, { remove, label } = {}) {
  const undo = remove && h("button", { type: "button", "aria-label": label, onclick: remove }, icon("close"));
  return h("span.chip", { class: `tint${tag.tag_id % 6}` }, tag.name, undo);
}

export function chips(account, ids) {
  const named = new Map(knownTags(account).map((tag) => [tag.tag_id, tag]));
  return h(
    "span.chips",
    {},
    ids.map((id) => chip(named.get(id) || { tag_id: id, name: `#${id}` })),
  );
}
