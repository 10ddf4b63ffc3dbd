// How a message will look: a phone beside what is written, with nobody's data, with somebody's, or on one's own phone.

import { get, part, post } from "./api.js";
import { linesOf, plainly, textOf } from "./campaign_model.js";
import { debounced, fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { busy, button, card, notice } from "./parts.js";
import { nameOf } from "./people.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const MOST_FOUND = 5;

/** {node, draw()}: the variant that is open, as a follower sees it. */
export function previewCard(page) {
  const { state, at } = page;
  const chat = h("div.phone-chat", { "aria-live": "polite" });
  const screen = h("div.phone", { role: "group", "aria-label": t("camp_preview") }, h("div.phone-top", {}, icon("left"), h("span", {}, at.about.label), icon("person")), chat);
  const says = h("div.saying", { "aria-live": "polite" });
  const held = { person: state.person || null, filled: null };
  const draw = async () => {
    const one = state.told.variants[state.variant] || state.told.variants[0];
    fill(chat, looks(state.told, one, templateOf(state, one), null, at.about.label));
    if (held.person) await theirs(held, one);
  };
  const theirs = async (now, one) => {
    const asked = JSON.stringify(state.told);
    const told = { document: JSON.parse(asked), variant: state.variant, openid: now.person.openid };
    try {
      const filled = await post(`${part(at.account)}/campaigns/preview`, told);
      if (asked !== JSON.stringify(state.told)) return;
      fill(chat, looks(state.told, one, templateOf(state, one), filled));
      fill(says, filled.missing?.length > 0 && notice("warn", t("camp_missing", { names: filled.missing.map((name) => `{${name}}`).join(" ") })));
    } catch (problem) {
      fill(says, notice("bad", problem.message));
    }
  };
  const later = debounced(draw, 250);
  const choose = (person) => {
    held.person = state.person = person;
    later();
  };
  const node = card(t("camp_preview"), screen, at.may("followers:read") && chooser(state, choose, at), says, toMe(page));
  node.classList.add("campaign-preview");
  return { node, draw: () => (held.person ? later() : draw()) };
}

const templateOf = (state, one) => (state.templates || []).find(({ name }) => name && name === one.template);

/** Whose data it is filled with. */
function chooser(state, choose, at) {
  const found = h("div.found");
  const whose = h("span.soft");
  const tell = () => fill(whose, state.person ? t("camp_as", { name: nameOf(state.person) }) : t("camp_as_nobody"));
  const pick = (person) => {
    choose(person);
    fill(found);
    search.value = "";
    tell();
  };
  const look = debounced(async (words) => {
    if (!words) return fill(found);
    const page = await get(`${part(at.account)}/followers`, { search: words, limit: MOST_FOUND }).catch(() => ({ items: [] }));
    if (search.value.trim() !== words) return undefined;
    const rows = page.items.map((person) => button(nameOf(person), () => pick(person), { small: true }));
    return fill(found, rows.length ? rows : h("span.soft", {}, t("camp_nobody_found")));
  });
  const search = h("input", { type: "search", placeholder: t("camp_as_whom"), "aria-label": t("camp_as_whom"), oninput: (event) => look(event.target.value.trim()) });
  tell();
  return h("div.as-whom", {}, h("p.as-now", {}, whose, state.person && button("", () => pick(null), { sign: "close", kind: "quiet", small: true, title: t("camp_as_nobody") })), search, found);
}

function toMe({ state, at }) {
  const send = (press) =>
    busy(press.currentTarget, async () => {
      await post(`${part(at.account)}/campaigns/preview-send`, { document: state.told, variant: state.variant });
      toast(t("camp_sent_to_me"));
    });
  return button(t("camp_send_to_me"), send, { sign: "phone", small: true });
}

/** A message as WeChat draws it; `filled` is what the API made of it for one person. */
export function looks(document, one, template, filled, account = "") {
  const alike = document.kind === "mass"; // WeChat sends the same to everybody
  const text = filled?.text ?? (alike ? textOf(one) : plainly(textOf(one), account).replace("{link}", `${location.host}/go/…`));
  if (document.kind === "custom" || (document.kind === "mass" && one.mass?.msgtype === "text")) return bubble(text);
  if (document.kind === "mass") return h("div.wx-card.media", {}, icon("copy"), h("span", {}, t(`camp_mass_${one.mass?.msgtype}`)), h("code", {}, one.mass?.media_id));
  if (!template) return h("p.phone-hint", {}, t("camp_choose_first"));
  const fields = filled?.fields ?? Object.fromEntries(Object.entries(one.fields).map(([name, words]) => [name, plainly(words, account)]));
  const line = ({ name, label }) => h("div", {}, h("dt", {}, label), h("dd", {}, fields[name] || h("span.gap", {}, "—")));
  const opens = one.miniprogram ? t("camp_enter_mini") : one.link && t("camp_see_details");
  return h("div.wx-card", {}, h("strong", {}, template.title), h("dl", {}, linesOf(template).map(line)), opens && h("div.wx-foot", {}, h("span", {}, opens), icon("down")));
}

const bubble = (words) => (words ? h("div.phone-bubble", {}, words.split("\n").map((line) => h("p", {}, line || " "))) : h("p.phone-hint", {}, t("camp_write_first")));
