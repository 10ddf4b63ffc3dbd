// The editor of a menu: a phone, the entries beside it, one menu for everybody and tabs for those of some.

import { post } from "./api.js";
import { debounced, fill, h } from "./dom.js";
import { ago, half } from "./format.js";
import { titleOf, worthTelling } from "./menu_changes.js";
import { entries } from "./menu_entries.js";
import { faultLine } from "./menu_entry.js";
import { alike, find, freshKey, keepWork, listOf, move, parentOf, partOf, step, take, takeWork, walk, whole, workOf } from "./menu_model.js";
import { phone } from "./menu_phone.js";
import { addConditional, ruleForm } from "./menu_rule.js";
import { discard, publish, save } from "./menu_saving.js";
import { badge, busy, button, notice } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

/** What the newest version may have come to that one should know. */
const UNDER_WAY = ["publishing", "restoring"];
const UNFINISHED = { refused: "bad", half: "bad", given_up: "bad", publishing: "plain", restoring: "plain" };

export class Editor {
  /** `told` is what GET menus gives; `path` of its doors; `begin` a menu to begin with where there is no draft. */
  constructor(told, path, at, begin = null) {
    const saved = whole(told.draft.menu);
    const work = workOf(at.account) || { menu: begin ? whole(begin) : structuredClone(saved), base: told.draft.version };
    Object.assign(this, { told, path, at, saved, menu: work.menu, base: work.base, open: "", number: 0 });
    Object.assign(this, { faults: told.problems, changes: told.difference, mayWrite: at.may("menus:write") });
    const asked = Number(at.query.get("menu") || 0);
    if (asked > 0 && asked <= this.menu.conditional.length) this.number = asked;
    if (!this.dirty) this.rest();
    this.phone = phone(at.about.label, { pressed: (place) => this.choose(place, false) });
    this.bar = h("div.menu-bar");
    this.tabs = h("nav.tabs", { "aria-label": t("menu_whose") });
    this.rule = h("div");
    this.wrong = h("div.faults", { "aria-live": "polite" });
    this.list = h("div");
    this.said = h("p.unseen", { "aria-live": "assertive" });
    const aside = h("aside.menu-side", {}, this.phone.node);
    const desk = h("section.card", {}, this.tabs, this.rule, this.wrong, this.list);
    this.node = [this.bar, this.notices(), h("div.menu-desk", {}, aside, desk), this.said];
    this.later = debounced(() => this.check(), 400);
    this.draw();
    if (begin) this.keep();
    if (this.dirty) this.check();
  }

  get part() {
    return partOf(this.menu, this.number);
  }

  get dirty() {
    return !alike(this.menu, this.saved) || !this.told.draft.version;
  }

  // Drawing.

  draw(focus = "") {
    this.drawBar();
    this.drawTabs();
    fill(this.rule, this.number > 0 && ruleForm(this));
    this.drawEntries();
    this.showFaults();
    if (focus) this.list.querySelector(focus)?.focus();
  }

  drawEntries() {
    this.rows = entries(this);
    fill(this.list, this.rows.node);
    this.phone.show(this.part.button, this.open);
  }

  drawBar() {
    const { draft, live, may_publish: may } = this.told;
    const words = this.dirty ? t("menu_unsaved") : t("menu_saved", { name: draft.saved_by, when: ago(draft.saved_at) });
    const blocking = this.faults.filter((one) => one.blocks).length;
    const state = [
      h("span", { class: this.dirty ? "unsaved" : "soft" }, words),
      blocking > 0 &&
        this.mayWrite &&
        h("button.badge.bad", { type: "button", onclick: () => this.toFault() }, t("menu_faults", { n: blocking })),
      blocking > 0 && !this.mayWrite && badge(t("menu_faults", { n: blocking }), "bad"),
      !blocking && !this.dirty && live && !this.changes.length && badge(t("menu_as_live", { n: live.number }), "good"),
      !blocking && this.changes.length > 0 && live && badge(t("menu_differs", { n: worthTelling(this.changes).length }), "warn"),
    ];
    const acts = this.mayWrite && [
      this.dirty && draft.version > 0 && button(t("menu_discard"), () => discard(this), { kind: "quiet" }),
      button(t("menu_save"), (press) => busy(press.currentTarget, () => save(this)), { disabled: !this.dirty }),
      may && button(t("menu_publish_"), (press) => busy(press.currentTarget, () => publish(this)), { kind: "primary" }),
    ];
    fill(this.bar, h("div.grow", { "aria-live": "polite" }, state), acts && h("div.actions", {}, acts));
  }

  drawTabs() {
    const tab = (number) => {
      const go = (press) => {
        press.preventDefault();
        this.turnTo(number);
      };
      const mark = this.faults.some((one) => one.menu === number && one.blocks) && h("i.fault-dot", { title: t("menu_has_faults") });
      const href = this.at.to("menus", { menu: number || "" });
      return h(
        "a",
        { href, onclick: go, "aria-current": number === this.number ? "page" : undefined },
        titleOf(this.menu, number, this.at.account),
        mark,
      );
    };
    const add =
      this.mayWrite && button(t("menu_add_conditional"), () => addConditional(this), { sign: "plus", kind: "quiet", small: true });
    fill(
      this.tabs,
      tab(0),
      this.menu.conditional.map((_, n) => tab(n + 1)),
      add,
    );
  }

  notices() {
    const { draft, newest, may_publish: may } = this.told;
    const went = newest &&
      UNFINISHED[newest.stage] && [
        h("strong", {}, t(UNDER_WAY.includes(newest.stage) ? "menu_under_way" : "menu_last_time", { n: newest.number })),
        newest.reason && h("p", {}, half(newest.reason)),
      ];
    const last =
      went && notice(UNFINISHED[newest.stage], went, h("a.button.small", { href: this.at.to(`menus/${newest.number}`) }, t("menu_look")));
    const notes = draft.notes?.length > 0 && [
      h("strong", {}, t("menu_imported", { n: draft.notes.length })),
      h("p.soft", {}, t("menu_imported_about")),
    ];
    return [!may && notice("warn", t("menu_may_not")), last, notes && notice("plain", notes)];
  }

  showFaults() {
    const mine = this.faults.filter((one) => one.menu === this.number);
    fill(
      this.wrong,
      mine.filter((one) => !one.button).map((one) => faultLine(one, this.part.label)),
    );
    this.rows.say(mine);
  }

  // What operators do.

  /** `from` the list, where the form opens and closes; a tap on the phone only opens. */
  choose(place, toggles = true) {
    this.open = toggles && this.open === place ? "" : place;
    this.drawEntries();
    this.showFaults();
    if (toggles) this.list.querySelector(`[data-at="${place}"] .entry-open`)?.focus();
  }

  turnTo(number) {
    Object.assign(this, { number, open: "" });
    history.replaceState(null, "", this.at.to("menus", { menu: number || "" }));
    this.draw();
    this.tabs.querySelector("[aria-current]")?.focus();
  }

  /** After typing: nothing that has the focus is drawn anew. */
  typed() {
    this.keep();
    this.rows.refresh();
    this.phone.show(this.part.button, this.open);
    this.drawTabs();
    this.drawBar();
    this.later();
  }

  rebuilt(focus = "") {
    this.keep();
    this.draw(focus);
    this.later();
  }

  add(above) {
    const list = listOf(this.part, above);
    list.push({ name: "", type: "click", key: freshKey(this.menu) });
    this.open = above ? `${above}.${list.length}` : `${list.length}`;
    this.rebuilt(".entry-form input");
  }

  drop(place) {
    const { part } = this;
    const gone = take(part, place);
    this.open = "";
    this.rebuilt(`[data-add="${parentOf(place) || "bar"}"]`);
    this.offerUndo(t("menu_dropped", { name: gone.name || t("menu_nameless") }), () => {
      listOf(part, parentOf(place)).splice(Number(place.split(".").at(-1)) - 1, 0, gone);
    });
  }

  drained(entry, lost) {
    this.offerUndo(t("menu_drained", { n: lost.length }), () => Object.assign(entry, { type: "", sub_button: lost }));
  }

  offerUndo(words, back) {
    const menu = this.menu;
    const undo = () => {
      if (menu !== this.menu) return;
      back();
      this.rebuilt();
    };
    toast(words, { undo });
  }

  /** By the arrows and by dragging alike: it is told aloud where the entry is now. */
  moved(place, focus) {
    const entry = find(this.part, place);
    if (!entry) return;
    const opened = this.open && this.openEntry;
    this.open = opened ? this.placeOf(opened) : "";
    this.rebuilt(`[data-at="${place}"] ${focus}`);
    this.said.textContent = t("menu_moved", { name: entry.name || t("menu_nameless"), at: place });
  }

  go(place, into) {
    this.remember();
    const to = move(this.part, place, into, into ? listOf(this.part, into).length : this.part.button.length);
    if (to) this.moved(to, '[data-focus="place"]');
  }

  step(place, by, focus) {
    this.remember();
    const to = step(this.part, place, by);
    if (to !== place) this.moved(to, focus);
  }

  /** Places change while things move; the open entry stays open. */
  remember() {
    this.openEntry = find(this.part, this.open);
  }

  placeOf(entry) {
    return walk(this.part).find(([, each]) => each === entry)?.[0] || "";
  }

  toFault() {
    const first = this.faults.find((one) => one.blocks);
    if (!first) return;
    this.number = Math.min(first.menu, this.menu.conditional.length);
    this.open = first.button;
    this.draw();
    const field =
      this.list.querySelector('.entry-form [aria-invalid="true"]') || this.list.querySelector(".entry-form input, .entry-form select");
    (field || this.tabs.querySelector("[aria-current]")).focus();
  }

  // Keeping, saving, publishing.

  keep() {
    if (this.dirty) keepWork(this.at.account, { menu: this.menu, base: this.base });
    else this.rest();
  }

  /** What is here is the draft as it was fetched: nothing to keep, and it is that version. */
  rest() {
    takeWork(this.at.account);
    this.base = this.told.draft.version;
  }

  async check() {
    const asked = this.menu;
    const before = JSON.stringify(asked);
    const told = await post(`${this.path}/check`, { menu: asked }).catch(() => null);
    if (!told || JSON.stringify(this.menu) !== before || !this.at.here()) return;
    Object.assign(this, { faults: told.problems, changes: told.difference });
    this.showFaults();
    this.drawTabs();
    this.drawBar();
  }

  settled(saved, draft, problems) {
    Object.assign(this.told, { draft });
    Object.assign(this, { saved, base: draft.version, faults: problems });
    if (this.dirty) this.keep();
    this.drawBar();
    this.drawTabs();
    this.showFaults();
    this.later();
  }
}
