// Today at a glance: how many, how it went in thirty days, what runs, what wants somebody's attention.

import { get, part, post } from "./api.js";
import { chart } from "./chart.js";
import { fill, h, wait } from "./dom.js";
import { ago, half, number, signed, time, weekday } from "./format.js";
import { badge, busy, button, card, head, into, notice, progress, tiles } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const LOOK_EVERY_MS = 2500;

export const home = { name: "home", sign: "home", needs: "home:read", show };

async function show(place, at) {
  const body = h("div.home");
  fill(place, head(t("hello", { name: at.me.name }), weekday(Date.now() / 1000)), body);
  await into(
    body,
    () => get(`${part(at.account)}/home`),
    (brought) => draw(brought, at),
    9,
  );
}

function draw({ followers, today, days, sync, alarms, todo }, at) {
  const growth = days.length
    ? chart({
        label: t("home_growth"),
        days: days.map(arrivals),
        up: [
          ["arrived", t("joined")],
          ["returned", t("returned")],
        ],
        down: [["left", t("left")]],
      })
    : h("p.soft", {}, t("home_no_days"));
  return [
    alarms.map((alarm) => notice("bad", [h("strong", {}, half(alarm.words)), h("p.soft", {}, t("since", { when: time(alarm.since) }))])),
    tiles([t("home_followers"), followers, "lead"], ...todays(today)),
    h("div.columns", {}, card(t("home_growth"), month(days), growth), h("div.pile", {}, syncCard(sync, at), todoCard(todo, at))),
  ];
}

/** New ones and those who came back are shown in two colours: `joined` counts both. */
const arrivals = (entry) => ({ ...entry, arrived: entry.joined });

function todays(today) {
  return [
    [t("today_joined"), signed(today.joined + today.returned), "good"],
    [t("today_returned"), today.returned],
    [t("today_left"), today.left ? `−${number(today.left)}` : "0", today.left ? "bad" : ""],
  ];
}

function month(days) {
  const net = days.reduce((sum, entry) => sum + entry.joined + (entry.returned || 0) - entry.left, 0);
  return h("p.soft", {}, t("home_month"), " ", h("strong", { class: net < 0 ? "bad" : "good" }, signed(net)));
}

function syncCard(sync, at) {
  const place = h("div");
  const start = async (press) => {
    const run = await busy(press.currentTarget, () => post(`${part(at.account)}/followers/sync`, {}));
    if (run) watch(place, { state: "running", percent: 0, ...run }, at, start);
  };
  if (sync?.state === "running") watch(place, sync, at, start);
  else drawSync(place, sync, at, start);
  return card(t("sync"), place);
}

function drawSync(place, sync, at, start) {
  const again =
    at.may("followers:write") &&
    sync?.state !== "running" &&
    button(t(sync ? "sync_again" : "sync_first"), start, { sign: "sync", small: true });
  if (!sync) return fill(place, h("p.soft", {}, t("sync_never")), again);
  if (sync.state === "running") return fill(place, progress(sync.percent ?? 0, t("sync_running", { listed: number(sync.listed ?? 0) })));
  if (sync.state === "failed")
    return fill(place, notice("bad", [t("sync_failed"), sync.reason && h("p.soft", {}, half(sync.reason))]), again);
  return fill(
    place,
    h("p", {}, t("sync_done", { when: ago(sync.ended || sync.started), listed: number(sync.listed) })),
    h("p.soft", {}, t("sync_found", { changed: number(sync.changed || 0), gone: number(sync.gone || 0) })),
    again,
  );
}

/** Look again until it is done, or the room is left. */
async function watch(place, sync, at, start) {
  let now = sync;
  drawSync(place, now, at, start);
  while (now.state === "running" && at.here()) {
    await wait(LOOK_EVERY_MS);
    if (!at.here()) return;
    now = await get(`${part(at.account)}/followers/sync`).catch(() => now);
    drawSync(place, now, at, start);
  }
  if (now.state === "done") toast(t("sync_just_done"));
}

function todoCard(todo, at) {
  const rows = todo.map((task) =>
    h(
      "li",
      {},
      badge(task.count === undefined ? "·" : number(task.count), "warn"),
      task.room ? h("a", { href: at.to(task.room) }, half(task.words)) : h("span", {}, half(task.words)),
    ),
  );
  return card(t("todo"), rows.length ? h("ul.todo", {}, rows) : h("p.soft.calm", {}, t("todo_none")));
}
