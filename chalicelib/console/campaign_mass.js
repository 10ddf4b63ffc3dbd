// A mass message goes out by a few calls to WeChat, which tells numbers and never names; articles can be taken back.

import { get, post } from "./api.js";
import { confirm } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { half, number, time } from "./format.js";
import { badge, busy, button, card } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

const DELETABLE = ["mpnews", "mpvideo"];
const SENT = ["accepted", "sent"];
const COLOUR = { sent: "good", accepted: "good", failed: "bad", unknown: "warn", confirming: "warn" };

/** {node, look()}: WeChat's calls, asked for again by `look`. */
export function massCalls(one, at) {
  const body = h("div", { "aria-live": "polite" });
  const draw = (items) => fill(body, items.length ? [list(items), taking(items)] : h("p.soft", {}, t("camp_mass_no_calls")));
  const taking = (items) => {
    const may = at.may("campaigns:write") && one.document.variants.some(({ mass }) => DELETABLE.includes(mass?.msgtype));
    return may && items.some(({ stage }) => SENT.includes(stage)) && button(t("camp_mass_delete"), take, { sign: "bin", kind: "quiet", small: true });
  };
  const take = async (press) => {
    const pressed = press.currentTarget;
    if (!(await confirm({ title: t("camp_mass_delete"), text: t("camp_mass_delete_about"), action: t("delete") }))) return;
    await busy(pressed, async () => {
      draw((await post(`${at.path}/delete-mass`, {})).items);
      toast(t("deleted"));
    });
  };
  const look = () =>
    get(`${at.path}/mass`).then(
      ({ items }) => draw(items),
      () => {},
    );
  return { node: card(t("camp_mass_calls"), body), look };
}

function list(items) {
  const row = ({ variant, stage, people, of, able, sent, failed, asked_at: asked, why }) =>
    h(
      "li",
      {},
      badge(t(`camp_call_${stage}`, {}, stage), COLOUR[stage] || "quiet"),
      h("div.grow", {}, h("p", {}, variant && items.length > 1 && `${variant.toUpperCase()} · `, people > 0 && t("auto_people", { n: number(people) }), asked > 0 && h("span.soft", {}, ` ${time(asked)}`)), of > 0 && h("p.soft", {}, t("camp_mass_told", { of: number(of), able: number(able), sent: number(sent), failed: number(failed) })), why && h("p.soft", {}, half(why))),
    );
  return h("ul.calls", {}, items.map(row));
}
