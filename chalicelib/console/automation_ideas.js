// What most shops want first: three automations to begin with, in the reader's language, as far as the account may speak.

import { t } from "./words.js";

/** Only verified service accounts (and the sandbox) may send template messages. */
export const mayTemplate = ({ kind, verified }) => kind === "test" || (verified && kind === "service");
export const mayMessage = ({ kind, verified }) => kind === "test" || (verified && ["service", "subscription"].includes(kind));

const template = (named, thing1) => ({ do: "template", template: named, template_id: "", fields: { thing1 }, url: "", miniprogram: null });
const message = (content) => ({ do: "message", reply: { type: "text", content } });
const tell = { do: "webhook", fields: {} };

/** [name, sign, what it says for such an account] */
export const IDEAS = [
  [
    "welcome",
    "clock",
    (account) => ({
      when: { kind: "followed" },
      enter: "person",
      steps: [
        { do: "wait", minutes: 60 },
        {
          do: "branch",
          if: { all: [{ event: "said", what: "", within_days: 1, at_least: 1 }] },
          then: [mayMessage(account) ? message(t("auto_text_welcome")) : tell],
          else: mayTemplate(account) ? [template("welcome", t("auto_text_welcome_short"))] : [],
        },
      ],
    }),
  ],
  [
    "thanks",
    "send",
    (account) => ({
      when: { kind: "ordered", at_least_fen: 0 },
      enter: "cause",
      steps: [{ do: "wait", minutes: 10 }, mayTemplate(account) ? template("thanks", t("auto_text_thanks")) : tell],
    }),
  ],
  [
    "silent",
    "bell",
    (account) => ({
      when: { kind: "silent", days: 30 },
      enter: "cause",
      steps: [{ do: "wait", clock: "10:00" }, mayTemplate(account) ? template("miss_you", t("auto_text_silent")) : tell],
    }),
  ],
];

export function ideaOf(account, n) {
  const idea = IDEAS[n ?? -1];
  return idea ? { name: t(`auto_idea_${idea[0]}`), question: null, ...idea[2](account) } : null;
}
