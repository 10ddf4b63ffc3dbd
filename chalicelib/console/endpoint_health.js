// An endpoint's health in words, and what one does about it: on, off, a test.

import { get, part, post, put } from "./api.js";
import { h } from "./dom.js";
import { day, half, time } from "./format.js";
import { icon } from "./icons.js";
import { badge, busy, button, notice } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const SIGNS = { webhook: "link", bus: "bolt", hubspot: "people", salesforce: "people" };

export const pathOf = (at, item = "") => `${part(at.account)}/endpoints${item && `/${part(item)}`}`;
export const sign = (one) => h("span.thumb", {}, icon(SIGNS[one.kind]));

export function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** How it is, in words: {mark, short, long}; nothing to say about one that is well. */
export function health(one) {
  const since = { when: time(one.failing_since), n: one.failures };
  if (!one.enabled && one.switched_off)
    return {
      mark: badge(t("ep_switched_off"), "bad"),
      short: t("ep_off_because", { why: reason(one.switched_off) }),
      long: notice("bad", [
        h("strong", {}, t("ep_off_because", { why: reason(one.switched_off) })),
        h("p", {}, t("ep_off_about", { when: time(one.changed) })),
      ]),
    };
  if (!one.enabled) return { mark: badge(t("ep_off"), "quiet"), short: "", long: notice("plain", t("ep_off_by_hand", { when: day(one.changed) })) };
  if (!one.failing_since) return { mark: badge(t("ep_works"), "good"), short: "", long: null };
  const rests = one.rests_until > Date.now() / 1000;
  return {
    mark: badge(t("ep_failing"), "warn"),
    short: t("ep_failing_since", since),
    long: notice("warn", [
      h("strong", {}, t("ep_failing_since", since)),
      h("p", {}, t("ep_failing_about")),
      rests && h("p", {}, t("ep_rests", { when: time(one.rests_until) })),
    ]),
  };
}

/** What went wrong, in words where it is a number. */
export function reason(text) {
  const status = Number(/^HTTP (\d{3})$/.exec(text)?.[1]);
  if (!status) return half(text).replace(/[。.]$/, "");
  const known = { 401: "who", 403: "who", 404: "where", 405: "how", 410: "where", 413: "big", 429: "fast" }[status];
  return t(`ep_http_${known || (status >= 500 ? "broken" : "refused")}`, { status });
}

/** On or off: at once, with a way back. */
export function lever(one, at, { small = false } = {}) {
  // As it stands by then: what somebody else has changed meanwhile stays.
  const turn = async (enabled) => {
    const { label, wants, url, fields } = await get(pathOf(at, one.endpoint_id));
    await put(pathOf(at, one.endpoint_id), { label, wants, url, fields, enabled });
  };
  const act = (press) =>
    busy(press.currentTarget, async () => {
      await turn(!one.enabled);
      const undo = () => turn(one.enabled).then(at.again);
      toast(t(one.enabled ? "ep_now_off" : "ep_now_on", { name: one.label }), { undo });
      await at.again();
    });
  const words = t(one.enabled ? "ep_turn_off" : "ep_turn_on");
  const made = button(words, act, { sign: one.enabled ? "pause" : "play", small, kind: one.enabled || small ? "" : "primary" });
  if (small) made.setAttribute("aria-label", `${words}${t("colon")}${one.label}`);
  return made;
}

/** What an endpoint says back to a test; its room looks again. */
export async function tryOut(pressed, one, at) {
  await busy(pressed, async () => {
    const { outcome, reason: why, took_ms } = await post(`${pathOf(at, one.endpoint_id)}/test`, {});
    const taken = outcome === "delivered";
    toast(t(taken ? "ep_test_taken" : "ep_test_failed", { ms: took_ms, why: reason(why) }), { kind: taken ? "plain" : "bad" });
    await at.again();
  });
}
