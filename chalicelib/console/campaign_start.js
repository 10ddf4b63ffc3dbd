// The last look before a campaign goes out: to how many, when, what to mind; then the deed.

import { part, post } from "./api.js";
import { whenOf } from "./campaign_model.js";
import { complaintOf, partOf } from "./campaign_reasons.js";
import { figure } from "./campaign_whom.js";
import { sheet } from "./dialogs.js";
import { fill, h, wait } from "./dom.js";
import { time } from "./format.js";
import { button, facts, notice, skeleton } from "./parts.js";
import { toast } from "./toasts.js";
import { t } from "./words.js";

/** `found`: a check that was just made; `save()` resolves to the campaign that is to start. Resolves to it, or null. */
export function askToStart({ document, found, at, save }) {
  return new Promise((decide) => {
    let begun = null;
    const body = h("div.publishing", {}, skeleton(3));
    const asked = sheet(t("camp_send"), body, { onclose: () => decide(begun) });
    const go = async (press) => {
      press.currentTarget.disabled = true;
      try {
        const saved = await save();
        begun = await post(`${part(at.account)}/campaigns/${part(saved.campaign_id)}/start`, {});
        asked.close();
        toast(t(document.send_at ? "camp_is_scheduled" : "camp_is_begun", { name: document.name }));
      } catch (problem) {
        if (problem.details?.difference) decide(Promise.reject(problem)); // somebody else's work: the page settles it
        if (problem.details?.difference) return asked.close();
        fill(body, notice("bad", problem.message), h("div.actions.end", {}, button(t("close"), asked.close)));
      }
      return undefined;
    };
    Promise.resolve(found || post(`${part(at.account)}/campaigns/check`, { document })).then(
      (told) => show(body, { document, told, go, close: asked.close }),
      (problem) => fill(body, notice("bad", problem.message)),
    );
  });
}

async function show(body, { document, told, go, close }) {
  const blocking = told.problems.some(({ blocks }) => blocks);
  const words = document.send_at ? t("camp_schedule_for", { when: time(document.send_at) }) : t("camp_send_now");
  const yes = button(words, go, { kind: "primary", sign: "send" });
  fill(
    body,
    h("p", {}, t("camp_send_about", { name: document.name })),
    h("div.answer", {}, figure(told)),
    facts(
      [t("camp_when"), whenOf(document)],
      document.variants.length > 1 && [t("camp_variants"), document.variants.map(({ label, share }) => `${label} ${share}%`).join(" · ")],
      document.holdout > 0 && [t("camp_held_out"), `${document.holdout}%`],
    ),
    problemList(told.problems, document),
    h("div.actions.end", {}, button(t("cancel"), close), !blocking && yes),
  );
  await wait(0);
  if (!blocking) yes.focus();
}

export const problemList = (problems, document) => problems.map((problem) => notice(problem.blocks ? "bad" : "warn", [h("strong", {}, partOf(problem.where, document.variants.length > 1)), t("colon"), complaintOf(problem, document)]));
