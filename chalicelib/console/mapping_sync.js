// The first sync of everybody with a CRM: how far it is, what became of them, and beginning it.

import { get, post } from "./api.js";
import { fill, h, wait } from "./dom.js";
import { pathOf } from "./endpoint_health.js";
import { ago, half, number } from "./format.js";
import { busy, button, failed, notice, progress, skeleton, tiles } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const LOOK_EVERY_MS = 2000;
const ALIVE = ["running", "waiting"];

/** {node, load()} */
export function firstSync(one, at) {
  const node = h("div.first-sync", {}, skeleton(2));
  const path = `${pathOf(at, one.endpoint_id)}/sync`;
  const look = () => get(path).catch((problem) => (problem.status === 404 ? null : Promise.reject(problem)));
  const begin = (again) => (press) =>
    busy(press.currentTarget, async () => {
      draw(await post(path, { again }));
      watch();
    });

  const draw = (now) => fill(node, told(now, at.may("integrations:write") && one.enabled && begin));
  const watch = async () => {
    for (;;) {
      await wait(LOOK_EVERY_MS);
      if (!at.here() || !node.isConnected) return;
      const now = await look().catch(() => undefined);
      if (now === undefined) continue;
      draw(now);
      if (!now || !ALIVE.includes(now.state)) {
        if (now?.state === "done") toast(t("map_sync_just_done"));
        return;
      }
    }
  };
  const load = async () => {
    try {
      const now = await look();
      draw(now);
      if (now && ALIVE.includes(now.state)) watch();
    } catch (problem) {
      fill(node, failed(problem, load));
    }
  };
  return { node, load };
}

function told(now, begin) {
  if (!now) return [h("p", {}, t("map_sync_never")), begin && button(t("map_sync_begin"), begin(false), { sign: "sync", kind: "primary" })];
  const figures = tiles(
    [t("map_sync_sent"), now.sent, "good"],
    [t("map_sync_learnt"), now.learnt],
    [t("map_sync_refused"), now.refused, now.refused ? "bad" : ""],
    [t("map_sync_unkeyed"), now.unkeyed],
  );
  const why = Object.entries(now.why).map(([text, n]) => h("li", {}, h("span", {}, half(text)), h("span.soft", {}, t("map_sync_times", { n: number(n) }))));
  const reasons = why.length > 0 && [h("h3", {}, t("map_sync_why")), h("ul.bare", {}, why)];
  const of = { n: number(now.looked), when: ago(now.ended || now.begun) };
  if (ALIVE.includes(now.state))
    return [progress(now.percent, t(now.state === "waiting" ? "map_sync_waiting" : "map_sync_running", of)), figures, reasons];
  const again = begin && button(t("map_sync_again"), begin(true), { sign: "sync", small: true });
  if (now.state === "done") return [h("p", {}, t("map_sync_done", of)), figures, reasons, again];
  const stopped = notice("bad", [h("strong", {}, t("map_sync_failed", of)), h("p", {}, half(now.reason))]);
  return [stopped, figures, reasons, begin && h("div.actions", {}, button(t("map_sync_go_on"), begin(false), { sign: "play", small: true }), again)];
}
