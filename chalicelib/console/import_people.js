// People from a CSV file: looked at first, every mistake told by row, nothing applied before somebody says so.

import { get, part, post } from "./api.js";
import { decode, parse, plain } from "./csv.js";
import { fill, h, wait } from "./dom.js";
import { sheet } from "./dialogs.js";
import { half, number, size } from "./format.js";
import { icon } from "./icons.js";
import { button, notice, progress } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const PIECE = 240_000; // bytes as they are sent: the API reads at most 256 KB at once
const ROWS = 5000; // and so many rows
const SHOWN_ERRORS = 100;
const LOOK_EVERY_MS = 1500;

export function importPeople(at, done) {
  const place = h("div.import", { "aria-live": "polite" });
  const state = { place, at, done, path: `${part(at.account)}/followers/import` };
  choose(state);
  state.sheet = sheet(t("csv_in"), place, { wide: true });
}

function choose(state, ...told) {
  const picker = h("input", {
    type: "file",
    accept: ".csv,text/csv",
    "aria-label": t("csv_choose"),
    onchange: (event) => take(state, event.target.files[0]),
  });
  const drop = h("label.drop", {}, icon("upload"), h("strong", {}, t("csv_drop")), h("span.soft", {}, t("csv_drop_about")), picker);
  const over = (on) => (event) => {
    event.preventDefault();
    drop.classList.toggle("over", on);
  };
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (event) => {
    over(false)(event);
    take(state, event.dataTransfer.files[0]);
  });
  fill(
    state.place,
    told,
    drop,
    h(
      "details",
      {},
      h("summary", {}, t("csv_columns")),
      h("p.soft", {}, t("csv_columns_about")),
      h("pre", {}, "openid,remark,tags,城市\noABC…,王阿姨,老客;爱普洱,杭州"),
    ),
  );
}

async function take(state, file) {
  if (!file) return;
  const read = decode(new Uint8Array(await file.arrayBuffer()));
  if (!read) return choose(state, notice("bad", t("csv_encoding_unknown")));
  const [names, ...rows] = parse(read.text);
  if (!rows.length) return choose(state, notice("bad", t("csv_empty")));
  const told = [
    h("p", {}, h("strong", {}, file.name), " · ", t("csv_rows", { n: number(rows.length) }), " · ", read.encoding),
    read.encoding === "GBK" && notice("plain", t("csv_gbk")),
  ];
  await check(state, { pieces: cut(names, rows), rows, names, told });
}

/** Pieces that the API can read at once, each with the heading and the number of its first row. */
function cut(names, rows) {
  const pieces = [];
  const weigh = (row) => size(JSON.stringify(plain([row])));
  const begin = (first) => pieces.push({ first, rows: [], weight: weigh(names) });
  begin(0);
  rows.forEach((row, n) => {
    const weight = weigh(row);
    if (pieces.at(-1).weight + weight > PIECE || pieces.at(-1).rows.length === ROWS) begin(n);
    pieces.at(-1).rows.push(row);
    pieces.at(-1).weight += weight;
  });
  return pieces.map((piece) => ({ first: piece.first, count: piece.rows.length, text: plain([names, ...piece.rows]) }));
}

async function check(state, found) {
  const errors = [];
  try {
    for (const [n, piece] of found.pieces.entries()) {
      fill(state.place, found.told, progress((n / found.pieces.length) * 100, t("csv_checking")));
      const answer = await post(state.path, { csv: piece.text });
      errors.push(...answer.errors.map((error) => ({ ...error, row: error.row + piece.first })));
    }
  } catch (problem) {
    return choose(state, found.told, notice("bad", problem.message));
  }
  return errors.length ? refuse(state, found, errors) : offer(state, found);
}

function refuse(state, found, errors) {
  const rows = errors
    .slice(0, SHOWN_ERRORS)
    .map((error) => h("tr", {}, h("td.number", {}, number(error.row)), h("td", {}, error.column), h("td", {}, half(error.message))));
  const heading = h(
    "tr",
    {},
    h("th.number", { scope: "col" }, t("row")),
    h("th", { scope: "col" }, t("column")),
    h("th", { scope: "col" }, t("mistake")),
  );
  const list = h(
    "div.scroll.short",
    {},
    h("table.plain", { "aria-label": t("csv_mistakes") }, h("thead", {}, heading), h("tbody", {}, rows)),
  );
  fill(
    state.place,
    found.told,
    notice("bad", t("csv_refused", { n: number(errors.length) })),
    list,
    h(
      "div.actions.end",
      {},
      button(t("csv_other"), () => choose(state), { sign: "upload" }),
    ),
  );
}

function offer(state, found) {
  const first = found.rows.slice(0, 5).map((row) =>
    h(
      "tr",
      {},
      row.map((value) => h("td", {}, value)),
    ),
  );
  const sample = h(
    "div.scroll.short",
    {},
    h(
      "table.plain",
      { "aria-label": t("csv_sample") },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          found.names.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h("tbody", {}, first),
    ),
  );
  const yes = button(t("csv_apply", { n: number(found.rows.length) }), () => apply(state, found), { kind: "primary" });
  fill(
    state.place,
    found.told,
    notice("good", t("csv_fine")),
    sample,
    h(
      "div.actions.end",
      {},
      button(t("cancel"), () => state.sheet.close()),
      yes,
    ),
  );
}

async function apply(state, found) {
  let done = 0;
  const show = (count) =>
    fill(state.place, found.told, progress((count / found.rows.length) * 100, t("csv_applying")), h("p.soft", {}, t("csv_applying_about")));
  try {
    show(0);
    for (const piece of found.pieces) {
      const job = await post(state.path, { csv: piece.text }, { apply: "yes" });
      if (job.errors.length) throw new Error(half(job.errors[0].message));
      await finished(state, job, (share) => show(done + share * piece.count));
      done += piece.count;
    }
    state.sheet.close();
    toast(t("csv_done", { n: number(found.rows.length) }));
    await state.done();
  } catch (problem) {
    fill(
      state.place,
      found.told,
      notice("bad", [problem.message, h("p", {}, t("csv_broken_off", { n: number(done) }))]),
      h(
        "div.actions.end",
        {},
        button(t("csv_go_on"), () => apply(state, found), { sign: "sync" }),
      ),
    );
  }
}

async function finished(state, job, tell) {
  let now = job;
  while (now.item && now.state !== "done" && state.place.isConnected) {
    await wait(LOOK_EVERY_MS);
    now = { ...now, ...(await get(`${part(state.at.account)}/imports/${part(job.item)}`)) };
    if (now.state === "failed") throw new Error(t("csv_job_failed"));
    tell(now.rows ? (now.done || 0) / now.rows : 0);
  }
  // Refused after all, by WeChat or because they left meanwhile; the other rows are in.
  if (now.errors.length) toast(`${t("csv_mistakes")} ${number(now.errors.length)}: ${half(now.errors[0].message)}`, { kind: "bad" });
}
