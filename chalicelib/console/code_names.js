// The account's QR codes by name, for whoever has to say which one: nobody remembers what is written in a code.

import { get, part } from "./api.js";
import { h } from "./dom.js";

/** An option each, as a field proposes them; none where they may not be seen. */
export async function codesOf(at) {
  if (!at.may("qrcodes:read")) return [];
  const { items } = await get(`${part(at.account)}/qrcodes`).catch(() => ({ items: [] }));
  return items.map(({ scene, name }) => h("option", { value: scene, label: name }));
}
