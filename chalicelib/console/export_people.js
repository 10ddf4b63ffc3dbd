// The people of a list, as it is filtered, as a CSV file: page by page, made here so that no request is a long one.

import { get, part } from "./api.js";
import { write } from "./csv.js";
import { download, fill, h } from "./dom.js";
import { sheet } from "./dialogs.js";
import { number, today } from "./format.js";
import { button, notice } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const LISTED = 100;

export async function exportPeople(pressed, wish, at) {
  const told = h("p", { role: "status" }, t("csv_out_running", { n: 0 }));
  let stopped = false;
  const shown = sheet(
    t("csv_out"),
    [
      told,
      h("progress", { "aria-label": t("csv_out") }),
      h(
        "div.actions.end",
        {},
        button(t("cancel"), () => shown.close()),
      ),
    ],
    { onclose: () => (stopped = true) },
  );
  try {
    const rows = await collect(wish, at, told, () => stopped);
    if (stopped) return;
    download(`${at.account}-${today()}.csv`, write(rows), "text/csv;charset=utf-8");
    shown.close();
    toast(t("csv_out_done", { n: number(rows.length - 1) }));
  } catch (problem) {
    fill(
      shown.box.querySelector(".inside"),
      notice("bad", problem.message),
      h(
        "div.actions.end",
        {},
        button(t("close"), () => shown.close()),
      ),
    );
  }
}

async function collect(wish, at, told, stopped) {
  const people = [];
  const chosen = wish.search || wish.tag ? await found(wish, at, stopped) : null;
  let cursor = "";
  do {
    const page = await get(`${part(at.account)}/followers/export`, { segment: wish.segment, cursor });
    people.push(...page.items.filter(({ openid }) => !chosen || chosen.has(openid)));
    fill(told, t("csv_out_running", { n: number(people.length) }));
    cursor = page.cursor;
  } while (cursor && !stopped() && people.length !== chosen?.size);
  return table(people);
}

/** The export knows segments; whom a search or a tag finds, the list knows. */
async function found({ search, tag, segment }, at, stopped) {
  const openids = new Set();
  let cursor = "";
  do {
    const page = await get(`${part(at.account)}/followers`, { search, tag, segment, limit: LISTED, cursor });
    page.items.forEach(({ openid }) => openids.add(openid));
    cursor = page.cursor;
  } while (cursor && !stopped());
  return openids;
}

/** Columns in the order in which they first appear; what is a list becomes words with a semicolon between. */
export function table(people) {
  const names = [...new Set(people.flatMap(Object.keys))];
  const flat = (value) =>
    Array.isArray(value) ? value.join(";") : value !== null && typeof value === "object" ? JSON.stringify(value) : value;
  return [names, ...people.map((person) => names.map((name) => flat(person[name])))];
}
