// Automations: what happens by itself, how it goes, and the page of each.

import { get, part, post, remove } from "./api.js";
import { dryRun } from "./automation_dry_run.js";
import { edit } from "./automation_editor.js";
import { IDEAS } from "./automation_ideas.js";
import { flow, insiders, phase, showDry, told } from "./automation_view.js";
import { confirm } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { ago, number } from "./format.js";
import { icon } from "./icons.js";
import { back, busy, button, card, empty, facts, head, into, notice, tiles } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

export const automations = { name: "automations", sign: "flow", needs: "automations:read", show };

const pathOf = (at, item = "") => `${part(at.account)}/automations${item && `/${part(item)}`}`;

async function show(place, at) {
  if (at.item && at.may("automations:write") && (at.item === "new" || at.query.get("view") === "edit")) return edit(place, at);
  if (at.item === "new") return fill(place, head(t("auto_new")), notice("plain", t("not_for_you", { role: t(`role_${at.me.role}`) })));
  return at.item ? showOne(place, at) : showAll(place, at);
}

async function showAll(place, at) {
  const body = h("div");
  const add = at.may("automations:write") && h("a.button.primary", { href: at.to("automations/new") }, icon("plus"), t("auto_new"));
  fill(place, head(t("room_automations"), t("auto_about"), add), body);
  const again = () =>
    into(
      body,
      () => get(pathOf(at)),
      ({ items }) => draw(items, { ...at, again }),
    );
  await again();
}

function draw(items, at) {
  const may = at.may("automations:write");
  if (!items.length) return [empty(t("auto_none"), t("auto_none_about")), may && ideas(at)];
  return [
    h(
      "ul.rows.tall",
      {},
      items.map((one) => row(one, at)),
    ),
    may && ideas(at),
  ];
}

/** Three to begin with, each told as what it does. */
function ideas(at) {
  const tile = ([name, sign], n) =>
    h(
      "li",
      {},
      h(
        "a.card.idea",
        { href: at.to("automations/new", { example: n }) },
        h("span.sign", {}, icon(sign)),
        h("strong", {}, t(`auto_idea_${name}`)),
        h("span.soft", {}, t(`auto_tells_${name}`)),
      ),
    );
  return [h("h2.ideas-head", {}, t("auto_ideas")), h("ul.cards.ideas-cards", {}, IDEAS.map(tile))];
}

function row(one, at) {
  return h(
    "li",
    { class: one.phase === "running" ? "" : "off" },
    h(
      "div.grow",
      {},
      h("strong", {}, h("a", { href: at.to(`automations/${part(one.automation_id)}`) }, one.name)),
      " ",
      phase(one.phase),
      h("p.soft", {}, told(one.sentence)),
    ),
    h(
      "dl.sums",
      {},
      h("div", {}, h("dt", {}, t("auto_inside_now")), h("dd", {}, number(one.inside))),
      h("div", {}, h("dt", {}, t("auto_entered_all")), h("dd", {}, number(one.entered))),
    ),
    h("span.acts", {}, at.may("automations:write") && lever(one, at, { small: true })),
  );
}

/** Start, pause or go on: at once, with a way back. */
function lever(one, at, more) {
  const path = pathOf(at, one.automation_id);
  const runs = one.phase === "running";
  const [deed, opposite] = runs ? ["pause", "start"] : ["start", "pause"];
  const words = t(runs ? "auto_pause" : one.phase === "draft" ? "auto_start" : "auto_resume");
  const act = (press) =>
    busy(press.currentTarget, async () => {
      await post(`${path}/${deed}`, {});
      toast(t(runs ? "auto_paused" : "auto_started", { name: one.name }), { undo: () => post(`${path}/${opposite}`, {}).then(at.again) });
      await at.again();
    });
  const kind = more.primary && !runs ? "primary" : "";
  const title = more.small ? `${words}${t("colon")}${one.name}` : "";
  const made = button(words, act, { sign: runs ? "pause" : "play", kind, small: more.small, title });
  if (title) made.setAttribute("aria-label", title);
  return made;
}

async function showOne(place, at) {
  const body = h("div");
  fill(place, back(at.to("automations"), t("room_automations")), body);
  const again = () =>
    into(
      body,
      () => get(pathOf(at, at.item)),
      (shown) => page(shown, { ...at, again }),
      9,
    );
  if (await again()) body.querySelector(".insiders")?.wanted();
}

function page(shown, at) {
  const { automation, counts } = shown;
  document.title = `${automation.name} · ${t("brand")}`;
  const may = at.may("automations:write");
  const acts = may && [
    h("a.button", { href: at.to(`automations/${part(automation.automation_id)}`, { view: "edit" }) }, icon("pen"), t("edit")),
    lever(automation, at, { primary: true }),
    button("", (press) => drop(press.currentTarget, shown, at), { sign: "bin", kind: "quiet", title: t("auto_remove", { name: automation.name }) }),
  ];
  const title = head(automation.name, null, acts);
  title.querySelector("h1").append(" ", phase(automation.phase));
  const steps = card(t("auto_does"), flow({ steps: automation.steps, sentences: shown.sentences, counts }));
  const people = insiders(shown, pathOf(at, automation.automation_id), at);
  const inside = card(t("auto_inside"), people.node);
  inside.classList.add("insiders");
  inside.wanted = () => people.reload();
  return [
    title,
    automation.phase === "draft" && may && notice("plain", t("auto_draft_about")),
    automation.phase === "paused" && notice("warn", t("auto_paused_about", { n: number(counts.inside) })),
    sums(counts),
    h(
      "div.columns",
      {},
      h("div.pile", {}, steps, inside),
      h("div.pile", {}, may && card(t("auto_last_week"), dryRun(at, () => bodyOf(automation), (run) => showDry(steps, run))), about(automation)),
    ),
  ];
}

const bodyOf = ({ name, when, question, enter, steps }) => ({ name, when, question, enter, steps });

function sums({ entered, inside, ended }) {
  const { done = 0, failed = 0, ...others } = ended;
  const left = Object.values(others).reduce((sum, n) => sum + n, 0);
  return tiles(
    [t("auto_inside_now"), inside, inside ? "lead" : ""],
    [t("auto_entered_all"), entered],
    [t("auto_through"), done, done ? "good" : ""],
    [t("auto_left"), left],
    ...(failed > 0 ? [[t("auto_broken"), failed, "bad"]] : []),
  );
}

function about(automation) {
  return card(
    t("auto_facts"),
    facts(
      [t("auto_version"), number(automation.version)],
      [t("auto_changed"), ago(automation.changed_at), " · ", automation.changed_by],
      automation.since > 0 && [t("auto_since"), ago(automation.since)],
    ),
  );
}

async function drop(pressed, { automation, counts }, at) {
  const text = t("auto_remove_about", { n: number(counts.inside) });
  if (!(await confirm({ title: t("auto_remove", { name: automation.name }), text, action: t("delete") }))) return;
  await busy(pressed, async () => {
    await remove(pathOf(at, automation.automation_id));
    toast(t("auto_gone", { name: automation.name }));
    location.hash = at.to("automations");
  });
}
