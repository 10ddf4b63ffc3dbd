// Who are you? Two ways: the one-time link of `ops sign-in`, and scanning with the WeChat that an operator bound.

import { door } from "./api.js";
import { fill, h, wait } from "./dom.js";
import { cup, icon } from "./icons.js";
import { button, notice, skeleton } from "./parts.js";
import { language, setLanguage } from "./prefs.js";
import { t } from "./words.js";

const EVERY_MS = 2000;

/** `done` is called once the browser has a session. A link's code stands behind the #, which no preview or log ever sees. */
export function signIn(house, { code, done, again = false }) {
  const redraw = () => signIn(house, { code, done, again });
  const ways = code ? byLink(code, done) : [byScan(done), withoutScan()];
  const intro = code ? t("sign_in_link_about") : t(again ? "sign_in_again" : "sign_in_about");
  const heading = h("header", {}, cup(), h("h1", {}, t("brand")), h("p.soft", {}, intro));
  document.title = `${t("sign_in")} · ${t("brand")}`;
  fill(house, h("main.sign-in", { id: "main" }, h("div.sign-in-card", {}, heading, ways, tongue(redraw))));
}

function tongue(redraw) {
  const other = language() === "en" ? "zh" : "en";
  const speak = () => {
    setLanguage(other);
    redraw();
  };
  return h(
    "button.button.quiet.small.tongue",
    { type: "button", lang: other, onclick: speak },
    icon("globe"),
    other === "en" ? "English" : "中文",
  );
}

function byLink(code, done) {
  const place = h("div.way", { "aria-live": "polite" }, skeleton(2), h("p.soft", {}, t("sign_in_entering")));
  const enter = async (instead = false) => {
    try {
      await door("POST", "sign-in", { code, instead });
      done();
    } catch (problem) {
      if (problem.status === 409) return fill(place, notice("warn", problem.message), ...choice(() => enter(true)));
      history.replaceState(null, "", "#/");
      fill(
        place,
        notice("bad", [h("strong", {}, t("sign_in_failed")), h("p", {}, problem.message), h("p", {}, t("sign_in_new_link"))]),
        button(t("sign_in_by_scan"), () => location.reload()),
      );
    }
    return undefined;
  };
  enter();
  return place;
}

/** A link that somebody sent makes nobody another operator unasked. */
const choice = (enter) => [h("a.button.primary", { href: "#/" }, t("sign_in_stay")), button(t("sign_in_instead"), enter)];

function withoutScan() {
  return h(
    "details.other",
    {},
    h("summary", {}, t("sign_in_no_scan")),
    h("p.soft", {}, t("sign_in_no_scan_about")),
    h("code", {}, "python -m ops sign-in link"),
  );
}

function byScan(done) {
  const place = h("div.way.scan", { "aria-live": "polite" });
  ask(place, done);
  return place;
}

async function ask(place, done) {
  fill(place, h("div.qr.bones", {}, skeleton(1)), h("p.soft", {}, t("sign_in_fetching")));
  try {
    const offer = await door("POST", "sign-in/scan", {});
    fill(
      place,
      h("img.qr", { src: offer.picture, alt: t("sign_in_qr"), width: "208", height: "208" }),
      h("p", { role: "status" }, icon("scan"), t("sign_in_scan")),
    );
    await poll(place, done);
  } catch (problem) {
    fill(
      place,
      notice("plain", problem.message),
      button(t("try_again"), () => ask(place, done), { sign: "sync" }),
    );
  }
}

/** Until it is scanned, is too old, or this page has gone. */
async function poll(place, done) {
  while (place.isConnected) {
    await wait(EVERY_MS);
    if (!place.isConnected) return;
    if (document.hidden) continue;
    const { state } = await door("GET", "sign-in/scan").catch((problem) => ({ state: problem.status ? "expired" : "waiting" }));
    if (state === "signed_in") return done();
    if (state === "scanned") fill(place.querySelector("p"), icon("check"), t("sign_in_confirm"));
    if (state === "unknown") return again(place, t("sign_in_unknown"), done);
    if (state === "expired") return again(place, t("sign_in_expired"), done);
  }
}

function again(place, words, done) {
  fill(
    place,
    h("div.qr.spent", {}, icon("clock")),
    h("p", {}, words),
    button(t("sign_in_new_code"), () => ask(place, done), { sign: "sync", kind: "primary" }),
  );
}
