// A list that pages by cursor: a table on a wide screen, a pile of small cards on a phone.

import { fill, h } from "./dom.js";
import { button, failed, skeleton } from "./parts.js";
import { number } from "./format.js";
import { t } from "./words.js";

const MOST_EMPTY = 10;

/**
 * columns: [{label, cell(item), kind: "number" | "wide" | "end"}]; load(cursor) -> {items, cursor};
 * empty() -> node; nameOf(item) for its box; pick: called with the set of chosen items whenever it changes.
 * `reload(least)` begins again and resolves when the first page is there, or so many items.
 */
export function table(wishes) {
  const list = new List(wishes);
  return { node: list.node, reload: (least) => list.reload(least), clear: () => list.choose(null, false), count: () => list.count };
}

class List {
  constructor(wishes) {
    Object.assign(this, wishes, { cursor: "", count: 0, run: 0, chosen: new Map() });
    this.body = h("tbody");
    this.foot = h("div.foot");
    this.node = h("div.list", {}, h("div.bones", {}, skeleton(8)));
  }

  async reload(least = 0) {
    const run = (this.run += 1);
    this.node.setAttribute("aria-busy", "true");
    try {
      const page = await this.#page("");
      if (run === this.run) this.#begin(page);
      while (run === this.run && this.cursor && this.count < least) this.#add(await this.#page(this.cursor));
    } catch (problem) {
      if (run === this.run)
        fill(
          this.node,
          failed(problem, () => this.reload()),
        );
    } finally {
      if (run === this.run) this.node.removeAttribute("aria-busy");
    }
  }

  #begin(page) {
    fill(this.body);
    this.count = 0;
    this.cursor = "";
    this.choose(null, false);
    if (!page.items.length && !page.cursor) return fill(this.node, this.empty());
    fill(this.node, h("div.scroll", {}, h("table", { "aria-label": this.label }, this.#heading(), this.body)), this.foot);
    return this.#add(page);
  }

  #heading() {
    const picking = this.pick && h("th.pick", { scope: "col" }, this.#everyone());
    return h(
      "thead",
      {},
      h(
        "tr",
        {},
        picking,
        this.columns.map(({ label, kind = "" }) => h("th", { scope: "col", class: kind }, label)),
      ),
    );
  }

  #add({ items, cursor }) {
    this.cursor = cursor;
    this.count += items.length;
    this.body.append(...items.map((item) => this.#row(item)));
    const more = cursor && button(t("more"), (press) => this.#more(press.currentTarget), { sign: "down" });
    fill(this.foot, h("span.soft", {}, t(cursor ? "shown" : "shown_all", { n: number(this.count) })), more);
  }

  #row(item) {
    const cells = this.columns.map(({ label, cell, kind = "" }) => h("td", { class: kind, "data-label": label }, cell(item)));
    return h("tr", {}, this.pick && h("td.pick", {}, this.#box(item)), cells);
  }

  #box(item) {
    const name = t("choose_one", { name: this.nameOf(item) });
    return h("input", { type: "checkbox", "aria-label": name, onchange: (event) => this.choose(item, event.target.checked) });
  }

  #everyone() {
    const act = (event) => this.body.querySelectorAll(".pick input").forEach((box) => box.checked !== event.target.checked && box.click());
    return h("input", { type: "checkbox", "aria-label": t("choose_all"), onchange: act });
  }

  /** choose(null, false) lets go of all. */
  choose(item, wanted) {
    if (item === null) {
      this.chosen.clear();
      this.node.querySelectorAll(".pick input").forEach((box) => (box.checked = false));
    } else if (wanted) this.chosen.set(item, item);
    else this.chosen.delete(item);
    this.pick?.([...this.chosen.values()]);
  }

  /** A page of a search may hold nobody though more follow: look on, but not for ever. */
  async #page(from) {
    let page = await this.load(from);
    for (let n = 1; n < MOST_EMPTY && !page.items.length && page.cursor; n += 1) page = await this.load(page.cursor);
    return page;
  }

  async #more(pressed) {
    pressed.disabled = true;
    try {
      this.#add(await this.#page(this.cursor));
    } catch (problem) {
      fill(
        this.foot,
        failed(problem, () => this.#more(pressed)),
      );
    }
  }
}
