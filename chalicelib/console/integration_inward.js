// How machines tell us what happened: what to send, with which token, and what the answers mean.

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { card, copyable, tabs } from "./parts.js";
import { t } from "./words.js";

const OUTCOMES = ["taken", "repeated", "not_matched", "older", "ignored", "refused"];
const PERSON = { openid: "o6_bmjrPTlm6_2sgVt7hMZOPfL2M" };
const EXAMPLES = {
  purchase: { id: "order-7-paid", kind: "purchase", person: PERSON, order_id: "order-7", fen: 8900 },
  attributes: { id: "card-42-gold", kind: "attributes", person: { by: "crm_id", is: "C-42" }, attributes: { member_level: "gold" } },
  custom: { id: "points-9", kind: "custom", person: PERSON, name: "points_expire", fields: { points: 120 } },
};

/** Nothing is asked of the server here: it is only told how. */
export function showInward(body, at) {
  const kind = at.query.get("kind") in EXAMPLES ? at.query.get("kind") : "purchase";
  const ways = Object.keys(EXAMPLES).map((one) => [t(`in_kind_${one}`), at.to("integrations", { view: "in", kind: one }), one === kind]);
  const command = curl(EXAMPLES[kind], at);
  const answers = h("dl.answers", {}, OUTCOMES.map((one) => h("div", {}, h("dt", {}, h("code", {}, one)), h("dd", {}, t(`in_outcome_${one}`)))));
  const token = at.may("operators:read")
    ? h("a.button", { href: at.to("operators", { view: "tokens" }) }, icon("key"), t("in_token_make"))
    : h("p.soft", {}, t("in_token_ask"));
  const steps = h(
    "ol.inward",
    {},
    step("key", t("in_step_token"), [h("p.soft", {}, t("in_step_token_about")), h("p", {}, copyable("events:write")), token]),
    step("send", t("in_step_send"), [
      tabs(t("in_step_send"), ways),
      h("p.soft", {}, t(`in_kind_${kind}_about`)),
      h("pre.body", { tabindex: "0", "aria-label": "curl" }, command),
      h("div.copy-all", {}, copyable(command, t("in_copy"))),
    ]),
    step("person", t("in_step_person"), [h("p.soft", {}, t("in_step_person_about")), h("a", { href: at.to("integrations", { view: "ids" }) }, t("ep_view_ids"))]),
  );
  return fill(
    body,
    h(
      "div.columns",
      {},
      h("div.pile", {}, card(t("in_title"), h("p.soft", {}, t("in_about")), steps)),
      h("div.pile", {}, card(t("in_answers"), answers, h("p.soft.hint", {}, t("in_again"))), card(t("in_use"), h("p.soft", {}, t("in_use_about")), h("a", { href: at.to("automations") }, t("room_automations")))),
    ),
  );
}

function step(sign, title, content) {
  return h("li", {}, h("span.sign", {}, icon(sign)), h("div.grow", {}, h("h3", {}, title), content));
}

/** Without a secret in it: where the token goes, a shell's variable stands. */
function curl(example, at) {
  const address = new URL(`api/${at.account}/events`, document.baseURI).href;
  return `curl ${address} \\\n  -H "Authorization: Bearer $GAIWAN_TOKEN" \\\n  -H "Idempotency-Key: ${example.id}" \\\n  -d '${JSON.stringify(example, null, 1).replace(/\n\s*/g, " ")}'`;
}
