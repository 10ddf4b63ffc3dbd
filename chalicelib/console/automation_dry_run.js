// What an automation would have done last week, had it been there: started by hand, watched, told in one number.

import { get, part, post } from "./api.js";
import { fill, h, wait } from "./dom.js";
import { number } from "./format.js";
import { button, notice, progress } from "./parts.js";
import { t } from "./words.js";

const LOOK_EVERY_MS = 1500;

/** A part of a page; `read` gives what is tried, or throws what stands in the way; `tell` is given the run when it is done, null when a new one begins. */
export function dryRun(at, read, tell = () => {}) {
  const place = h("div.dry-run", { "aria-live": "polite" });
  const go = button(t("auto_dry_run"), () => run(), { sign: "sync" });
  const run = async () => {
    go.disabled = true;
    tell(null);
    try {
      tell(await watch(await post(`${part(at.account)}/automations/dry-run`, await read()), place, at));
    } catch (problem) {
      fill(place, notice("bad", problem.message));
    } finally {
      go.disabled = false;
    }
  };
  return h("div", {}, h("p.soft", {}, t("auto_dry_run_about")), place, go);
}

async function watch(begun, place, at) {
  let now = begun;
  while (now.state !== "done" && at.here() && place.isConnected) {
    fill(place, progress(now.percent, t("auto_looking", { n: number(now.looked) })));
    await wait(LOOK_EVERY_MS);
    now = await get(`${part(at.account)}/automation-runs/${part(now.run_id)}`);
  }
  fill(place, now.unknown ? notice("plain", t("auto_dry_unknown")) : result(now));
  return now.unknown ? null : now;
}

function result({ sent, people, entered, looked }) {
  return h(
    "div.figure",
    {},
    h("b", {}, t("auto_would_have_sent", { n: number(sent) })),
    h("span.soft", {}, t("auto_would_have_entered", { people: number(people), entered: number(entered) })),
    h("span.soft", {}, t("auto_looked_at", { n: number(looked) })),
  );
}
