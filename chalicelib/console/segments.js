// Segments: questions that were saved, and the page on which one is put together with its answer beside it.

import { get, part, post, put, remove } from "./api.js";
import { codesOf } from "./code_names.js";
import { debounced, fill, h } from "./dom.js";
import { form } from "./forms.js";
import { ago, half, number, percent } from "./format.js";
import { icon } from "./icons.js";
import { back, badge, busy, button, card, empty, head, into, notice, skeleton } from "./parts.js";
import { sentence } from "./question.js";
import { buildQuestion } from "./segment_builder.js";
import { knownTags, tagsOf } from "./tag_names.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const EXAMPLES = [
  ["example_new", { all: [{ field: "since", is: "within_days", value: 7 }] }],
  [
    "example_loyal",
    {
      all: [
        { field: "orders", is: "at_least", value: 2 },
        { field: "last_active", is: "within_days", value: 30 },
      ],
    },
  ],
  ["example_silent", { all: [{ field: "last_active", is: "before_days", value: 60 }] }],
];

export const segments = { name: "segments", sign: "segment", needs: "segments:read", show };

/** What was changed and not saved, by address: so one may look at another room, or switch the language, meanwhile. */
const drafts = new Map();

const pathOf = (at, item = "") => `${part(at.account)}/segments${item && `/${part(item)}`}`;

async function show(place, at) {
  if (at.item) return showOne(place, at);
  const body = h("div");
  const add = at.may("segments:write") && h("a.button.primary", { href: at.to("segments/new") }, icon("plus"), t("segment_new"));
  fill(place, head(t("room_segments"), t("segments_about"), add), body);
  const again = () =>
    into(
      body,
      () => get(pathOf(at)),
      ({ items }) => draw(items, { ...at, again }),
    );
  if ((await again()) && at.may("tags:read") && !knownTags(at.account).length) {
    await tagsOf(at.account).catch(() => []);
    body.querySelectorAll("p.asks").forEach((words) => fill(words, sentence(words.question, knownTags(at.account))));
  }
  return undefined;
}

function draw(items, at) {
  const may = at.may("segments:write");
  const ideas = EXAMPLES.map(([name], n) => h("a.button.small", { href: at.to("segments/new", { example: n }) }, icon("plus"), t(name)));
  if (!items.length) return empty(t("segments_none"), t("segments_none_about"), may && ideas);
  return [
    h(
      "ul.cards",
      {},
      items.map((segment) => tile(segment, at)),
    ),
    may && h("p.ideas", {}, h("span.soft", {}, t("ideas")), ideas),
  ];
}

function tile(segment, at) {
  const asks = h("p.soft.asks", {}, sentence(segment.question, knownTags(at.account)));
  asks.question = segment.question;
  const count = segment.counted_at
    ? [h("b", {}, number(segment.counted)), h("span.soft", {}, t("counted", { when: ago(segment.counted_at) }))]
    : h("span.soft", {}, t("never_counted"));
  const acts = [
    h("a.button.small", { href: at.to("followers", { segment: segment.segment_id }) }, t("see_people")),
    at.may("segments:write") &&
      button("", (press) => drop(press.currentTarget, segment, at), {
        sign: "bin",
        kind: "quiet",
        small: true,
        title: t("delete_segment", { name: segment.name }),
      }),
  ];
  return h(
    "li.card",
    {},
    h("h2", {}, h("a", { href: at.to(`segments/${encodeURIComponent(segment.segment_id)}`) }, segment.name)),
    asks,
    h("div.count", {}, count),
    h("div.actions", {}, acts),
  );
}

async function drop(pressed, segment, at) {
  await busy(pressed, async () => {
    await remove(pathOf(at, segment.segment_id));
    toast(t("segment_gone", { name: segment.name }), {
      undo: () => post(pathOf(at), { name: segment.name, question: segment.question }).then(at.again),
    });
    await at.again();
  });
}

async function showOne(place, at) {
  const fresh = at.item === "new";
  const body = h("div");
  const draft = `${at.account}/${at.item}?${at.query}`;
  fill(place, back(at.to("segments"), t("room_segments")), body);
  const example = EXAMPLES[at.query.get("example") ?? -1];
  const load = fresh
    ? () => ({ name: example ? t(example[0]) : "", question: example ? example[1] : { all: [] } })
    : () => get(pathOf(at, at.item));
  let page = null;
  const there = await into(body, load, (segment) => (page = builderPage(segment, { ...at, draft })).node);
  if (!there || !page) return;
  if (at.may("tags:read")) page.named(await tagsOf(at.account).catch(() => []));
  page.ask();
}

function builderPage(stored, at) {
  const segment = { ...stored, ...drafts.get(at.draft) };
  const answer = h("div.answer", { "aria-live": "polite" });
  const words = h("p.soft.asks");
  const ask = () => estimate(built, answer, words, at);
  const later = debounced(ask, 500);
  const keep = () => {
    const name = saving.querySelector("input").value;
    drafts.set(at.draft, { name, question: built.read(), version: segment.version });
  };
  const changed = () => {
    keep();
    fill(words, sentence(built.read(), knownTags(at.account)));
    later();
  };
  const may = at.may("segments:write");
  const built = buildQuestion(segment.question, { tags: knownTags(at.account), codes: () => codesOf(at), changed, readOnly: !may });
  const saving = may && saver(stored, segment, built, at);
  if (saving) saving.addEventListener("input", keep);
  const aside = h(
    "div.pile",
    {},
    card(t("how_many"), answer, segment.segment_id && exact(segment, at)),
    segment.segment_id && card(t("explain"), explainer(segment, at)),
  );
  const title = head(
    stored.name || t("segment_new"),
    null,
    segment.segment_id && h("a.button", { href: at.to("followers", { segment: segment.segment_id }) }, icon("people"), t("see_people")),
  );
  const node = [title, drafts.has(at.draft) && unsaved(at), h("div.columns", {}, card(t("question"), words, built.node, saving), aside)];
  return { node, ask, named: (tags) => built.named(tags) };
}

function unsaved(at) {
  const discard = () => {
    drafts.delete(at.draft);
    at.refresh();
  };
  return notice("plain", t("segment_draft"), button(t("segment_discard"), discard, { small: true }));
}

/** Rough and quick, whenever the question has been left alone for half a second. */
async function estimate(built, answer, words, at) {
  const question = built.read();
  fill(words, sentence(question, knownTags(at.account)));
  const wrong = built.complaint();
  answer.asked = question;
  if (wrong) return fill(answer, h("p.soft", {}, wrong));
  if (!answer.querySelector(".figure")) fill(answer, skeleton(2));
  answer.setAttribute("aria-busy", "true");
  try {
    const told = await post(`${pathOf(at)}/estimate`, { question });
    if (answer.asked === question) fill(answer, figure(told));
  } catch (problem) {
    if (answer.asked === question) fill(answer, notice("bad", problem.message));
  } finally {
    answer.removeAttribute("aria-busy");
  }
  return undefined;
}

function figure({ about, of, exact: sure, give_or_take: within = 0 }) {
  return h(
    "div.figure",
    {},
    h("b", {}, sure ? number(about) : t("roughly", { n: number(about) })),
    h("span.soft", {}, t("of_followers", { of: number(of), share: percent(about, of) })),
    h("progress", { max: Math.max(1, of), value: about, "aria-hidden": "true" }),
    !sure && badge(t("estimated", { n: number(within) }), "quiet"),
  );
}

function exact(segment, at) {
  const told = h(
    "span.soft",
    {},
    segment.counted_at ? t("counted_exactly", { n: number(segment.counted), when: ago(segment.counted_at) }) : t("never_counted"),
  );
  const count = async (press) => {
    const done = await busy(press.currentTarget, () => post(`${pathOf(at, segment.segment_id)}/count`, {}));
    if (done) fill(told, t("counted_exactly", { n: number(done.people), when: t("just_now") }));
  };
  return h("div.exact", {}, told, button(t("count_exactly"), count, { small: true }));
}

function saver(stored, segment, built, at) {
  const submit = async ({ name }) => {
    const body = { name, question: built.read() };
    const { name: before, question } = stored;
    const path = pathOf(at, segment.segment_id);
    const saved = await (segment.segment_id ? put(path, { ...body, version: segment.version }) : post(path, body));
    drafts.delete(at.draft);
    toast(t("saved"), segment.segment_id ? { undo: () => put(path, { name: before, question }).then(at.refresh) } : {});
    if (segment.segment_id) at.refresh();
    else location.hash = at.to(`segments/${encodeURIComponent(saved.segment_id)}`);
  };
  const wrong = h("span", {});
  const fields = [
    { name: "name", label: t("segment_name"), value: segment.name, required: true, max: 40, example: t("segment_name_example") },
    { name: "question", label: "", node: wrong, read: () => built.read(), complain: () => built.complaint() },
  ];
  return form({ fields, action: t("save"), submit });
}

/** Each condition with the person's value; what stands in a group or a "not" is below it. */
function why(parts) {
  const rows = parts.map((each) => [
    h(
      "li",
      { class: each.holds ? "yes" : "no" },
      icon(each.holds ? "check" : "close"),
      h("span.grow", {}, half(each.text)),
      !each.parts.length && h("span.soft", {}, each.value || t("unknown_value")),
    ),
    each.parts.length > 0 && h("li", {}, why(each.parts)),
  ]);
  return h("ul.why", {}, rows);
}

function explainer(segment, at) {
  const told = h("div.explained", { "aria-live": "polite" });
  const submit = async ({ openid }) => {
    const found = await get(`${pathOf(at, segment.segment_id)}/explain`, { openid });
    const parts = found.tree.parts.length ? found.tree.parts : [found.tree];
    fill(told, notice(found.in ? "good" : "plain", t(found.in ? "is_in" : "is_out")), why(parts));
  };
  return [
    h("p.soft", {}, t("explain_about")),
    form({ fields: [{ name: "openid", label: "openid", required: true, max: 64 }], action: t("look_up"), submit, kind: "" }),
    told,
  ];
}
