// Who was meant, and what became of each; and the whole as a CSV file, page by page.

import { csvPage, get } from "./api.js";
import { reason } from "./campaign_reasons.js";
import { STAGES } from "./campaign_results.js";
import { download, fill, h } from "./dom.js";
import { sheet } from "./dialogs.js";
import { select } from "./forms.js";
import { number, time, today } from "./format.js";
import { badge, button, card, notice } from "./parts.js";
import { personLink } from "./people.js";
import { table } from "./table.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const PAGE = 50;
const ASKED_FOR = [...STAGES, "holdout", "clicked", "converted"];
const COLOUR = { delivered: "good", accepted: "good", refused: "bad", failed: "bad", held: "warn", unknown: "warn" };

/** {node, only(stage)}: asked for when somebody wants to see it. */
export function people(one, at) {
  const many = one.document.variants.length > 1;
  let stage = "";
  const list = table({
    label: t("camp_recipients"),
    columns: [
      { label: t("person"), kind: "wide", cell: (each) => (each.openid ? personLink({ ...each, following: true }, at) : h("span.soft", {}, t("camp_erased"))) },
      ...(many ? [{ label: t("camp_variants"), cell: ({ variant }) => nameOf(variant, one.document) }] : []),
      { label: t("camp_what_became"), cell: (each) => h("span.became", {}, badge(t(`camp_stage_${each.stage}`, {}, each.stage), COLOUR[each.stage]), each.why && h("span.soft", {}, reason(each.why))) },
      { label: t("camp_step_clicked"), cell: ({ clicked_at: when }) => (when ? time(when) : "") },
      ...(one.document.goal ? [{ label: t("camp_step_converted"), cell: ({ converted_at: when }) => (when ? time(when) : "") }] : []),
    ],
    load: (cursor) => get(`${at.path}/recipients`, { stage, cursor, limit: PAGE }),
    empty: () => h("p.soft", {}, t("camp_nobody_there")),
  });
  const chosen = select([["", t("camp_any_stage")], ...ASKED_FOR.map((each) => [each, t(`camp_stage_${each}`)])], "", { "aria-label": t("camp_what_became"), onchange: () => only(chosen.value) });
  const body = h("div");
  const open = button(t("camp_see_recipients"), () => only(""), { sign: "people" });
  const out = at.may("followers:read") && button(t("csv_out"), () => exportAll(one, at), { sign: "download", kind: "quiet" });
  const only = (wanted) => {
    stage = chosen.value = wanted;
    if (!list.node.isConnected) fill(body, h("div.filters", {}, chosen), list.node);
    open.remove();
    list.reload();
    node.scrollIntoView({ block: "start" });
  };
  const node = card(t("camp_recipients"), h("div.actions", {}, open, out), body);
  node.classList.add("recipients");
  return { node, only };
}

const nameOf = (letter, { variants }) => (letter === "o" ? t("camp_held_out") : variants["abcd".indexOf(letter)]?.label);

/** The server gives pages of a file; they are put together here, so no request is a long one. */
async function exportAll(one, at) {
  const told = h("p", { role: "status" }, t("csv_out_running", { n: 0 }));
  let stopped = false;
  const shown = sheet(t("csv_out"), [told, h("progress", { "aria-label": t("csv_out") }), h("div.actions.end", {}, button(t("cancel"), () => shown.close()))], { onclose: () => (stopped = true) });
  try {
    const parts = [];
    let [cursor, n] = ["", 0];
    do {
      const page = await csvPage(`${at.path}/export.csv`, { cursor });
      parts.push(page.text);
      n += page.text.split("\n").filter(Boolean).length - (cursor ? 0 : 1);
      cursor = page.cursor;
      fill(told, t("csv_out_running", { n: number(n) }));
    } while (cursor && !stopped);
    if (stopped) return;
    download(`${at.account}-${one.campaign_id}-${today()}.csv`, parts.join(""), "text/csv;charset=utf-8");
    shown.close();
    toast(t("csv_out_done", { n: number(n) }));
  } catch (problem) {
    fill(shown.box.querySelector(".inside"), notice("bad", problem.message), h("div.actions.end", {}, button(t("close"), () => shown.close())));
  }
}
