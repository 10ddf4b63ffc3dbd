// What a check found, beside what it is about and in a list that leads there.

import { placeOf } from "./campaign_model.js";
import { complaintOf, partOf } from "./campaign_reasons.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { complaint } from "./question.js";
import { t } from "./words.js";

/** An empty question would be everybody, which nobody means who began to write one. */
export function ours({ question }) {
  const words = question && complaint(question);
  return words ? [{ where: "question", words, blocks: true }] : [];
}

/** Each beside what it is about, once somebody has been there or wants it sent; the rest in a list. */
export function complain(page) {
  const { state, place } = page;
  const homes = [...place.querySelectorAll("[data-where]")].sort((one, other) => other.dataset.where.length - one.dataset.where.length);
  homes.forEach((home) => home.querySelectorAll(":scope > .mistake, :scope > .advice").forEach((each) => fill(each)));
  place.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
  const lost = [];
  for (const problem of state.problems) {
    const where = placeOf(problem.where);
    const home = homes.find(({ dataset }) => covers(dataset.where, where));
    if (home && (state.all || state.seen.has(home.dataset.where))) beside(home, problem, state.told);
    if (!home) lost.push(problem);
  }
  fill(page.todo, (state.all || !page.at.fresh) && todo(page, state.all ? state.problems : lost));
  place.querySelectorAll("[data-variant]").forEach((tab) => {
    const wrong = state.all && state.problems.some(({ where, blocks }) => blocks && placeOf(where).startsWith(`variants.${tab.dataset.variant}.`));
    tab.classList.toggle("wrong", wrong);
  });
}

/** A field may be about several places: "segment_id question tag_id". */
const covers = (told, where) => told.split(" ").some((one) => where === one || where.startsWith(`${one}.`));

function beside(home, problem, told) {
  const { blocks } = problem;
  home.querySelector(blocks ? ":scope > .mistake" : ":scope > .advice").append(h("span", {}, complaintOf(problem, told)));
  const control = blocks && controlOf(home, problem.where);
  if (!control) return;
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-describedby", home.querySelector(":scope > .mistake").id);
}

/** Of several controls in one line, that which it is about. */
const controlOf = (home, where) => home.querySelector(`[data-at="${CSS.escape(where.split(".").at(-1))}"]`) || home.querySelector("input, select, textarea");

function todo(page, problems) {
  const { told } = page.state;
  const many = told.variants.length > 1;
  const words = (problem) => [h("strong", {}, partOf(problem.where, many)), t("colon"), complaintOf(problem, told)];
  const line = (problem) =>
    h("li", { class: problem.blocks ? "blocks" : "" }, h("button", { type: "button", onclick: () => goTo(page, problem) }, icon(problem.blocks ? "close" : "info"), h("span", {}, words(problem))));
  return problems.length > 0 && h("ul.faults-list", {}, problems.map(line));
}

export function goTo(page, { where }) {
  const place = placeOf(where);
  const variant = place.match(/^variants\.(\d+)/);
  if (variant && Number(variant[1]) !== page.state.variant) {
    page.state.variant = Number(variant[1]);
    page.draw();
  }
  const homes = [...page.place.querySelectorAll("[data-where]")].sort((one, other) => other.dataset.where.length - one.dataset.where.length);
  const home = homes.find(({ dataset }) => covers(dataset.where, place));
  (home && (controlOf(home, place) || home.querySelector("button")))?.focus();
  home?.scrollIntoView({ block: "center" });
}
