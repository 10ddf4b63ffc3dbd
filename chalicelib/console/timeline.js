// Everything that happened with one person, newest first, by day.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { clock, isoDay, moment, weekday } from "./format.js";
import { icon } from "./icons.js";
import { factName } from "./people.js";
import { badge, button, failed, skeleton } from "./parts.js";
import { t } from "./words.js";

const SIGNS = {
  message: "say",
  scan: "scan",
  vote: "vote",
  template: "bell",
  visit: "door",
  follow: "plus",
  leave: "gone",
  order: "tag",
  click: "bolt",
  told: "say",
  owed: "clock",
  tagged: "tag",
  fact: "pen",
  journey: "flow",
};

/** Fills itself when it hears "wanted", so that the person is on the screen first. */
export function timeline(at) {
  const days = h("div");
  const foot = h("div.foot");
  const node = h("div.timeline", { "aria-busy": "true" }, skeleton(6));
  const state = { cursor: "", last: "", days, foot, node, at };
  node.addEventListener("wanted", () => begin(state), { once: true });
  return node;
}

async function begin(state) {
  try {
    const page = await get(`${state.at.path}/timeline`);
    fill(state.node, state.days, state.foot);
    if (!page.items.length) fill(state.days, h("p.soft", {}, t("timeline_none")));
    add(state, page);
  } catch (problem) {
    fill(
      state.node,
      failed(problem, () => begin(state)),
    );
  } finally {
    state.node.removeAttribute("aria-busy");
  }
}

function add(state, { items, cursor }) {
  state.cursor = cursor;
  items.forEach((item) => place(state, item));
  const more = async (press) => {
    press.currentTarget.disabled = true;
    await get(`${state.at.path}/timeline`, { cursor }).then(
      (page) => add(state, page),
      (problem) => fill(state.foot, failed(problem, more)),
    );
  };
  fill(state.foot, cursor && button(t("earlier"), more, { sign: "down" }));
}

function place(state, item) {
  const day = isoDay(item.at);
  if (day !== state.last) state.days.append(h("h3", {}, weekday(item.at)), h("ol"));
  state.last = day;
  state.days.lastElementChild.append(entry(item));
}

/** "device：iPhone" */
const worded = (text) => text.replace(/^\w+(?=：)/, factName);

function entry(item) {
  const sign = SIGNS[item.kind] || "info";
  const fate =
    item.fate && badge(t(`fate_${item.fate}`, {}, item.fate), { delivered: "good", inside: "good", refused: "bad", failed: "bad" }[item.fate] || "quiet");
  const about = h(
    "div.grow",
    {},
    h("span.kind", {}, t(`happened_${item.kind}`, {}, item.kind), fate),
    item.text && h("p", {}, item.kind === "fact" ? worded(item.text) : item.text),
    item.answer && h("p.answer", {}, item.answer),
  );
  return h(
    "li",
    { class: `is-${item.kind}` },
    h("span.sign", {}, icon(sign)),
    about,
    h("time", { datetime: moment(item.at)?.toISOString() }, clock(item.at)),
  );
}
