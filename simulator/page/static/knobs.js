/* What the knobs of the drawer do, each through its door; the page draws again after each. */

import { ask, toast, trouble } from "./ask.js";
import * as doors from "./doors.js";
import { here, look, now } from "./watch.js";
import { say } from "./words.js";

const SEND = "/cgi-bin/message/template/send";
const broken = (fault) => () => doors.breakNext({ account: here.alias, ...fault });

let changed = () => {};

/** Each break is a name, what a programmer calls it, and how it is brought about. */
const BREAKS = [
  ["break_quota", "45009", broken({ path: SEND, errcode: 45009, times: 3 })],
  ["break_timeout", "timeout", broken({ path: SEND, timeout: true, after_effect: true })],
  ["break_token", "40001", () => doors.killTokens(here.alias)],
  ["break_busy", "-1", broken({ path: SEND, errcode: -1, times: 2 })],
];

export const knobs = {
  BREAKS,
  now,
  settings: {},
  offset: () => here.state.offset,
  jump: (seconds) => turn(() => doors.advance(seconds), say("clock_moved")),
  breakWith: (name, act) => turn(act, say("break_set", { name: say(name) })),
  mend: () => turn(doors.mendAll, say("break_mended")),
  change: (setting) => turn(() => doors.change(here.alias, setting), say("saved")),
  reset: async () => (await ask(say("reset_sure"))) && turn(doors.reset, say("reset_done")),
  lookAtSettings: async () => { knobs.settings = await doors.settings(here.alias).catch(() => ({})); },
  onChange: (draw) => { changed = draw; },
};

async function turn(act, words) {
  try {
    await act();
    toast(words);
  } catch (error) {
    trouble("trouble_door", { why: error.message });
  }
  await look();
  await changed();
}
