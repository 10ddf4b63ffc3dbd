/* Keeps what the page knows in step with the simulator: one look at a time, only what is new. */

import { trouble } from "./ask.js";
import * as doors from "./doors.js";
import { inLanguage } from "./words.js";

const ON_ITS_WAY = "on its way";
const TRIES = 3;

/** What the page knows; the other modules read it, this one and page.js write it. */
export const here = {
  alias: "", openid: "", state: null, skew: 0, chat: [], exchanges: [], calls: [],
  waiting: [], busy: new Map(), chosen: null, tab: "exchanges", profile: false, offline: false,
};

export const whose = () => `${here.alias}/${here.openid}`;
export const account = () => here.state.accounts.find(({ alias }) => alias === here.alias);
export const person = () => account()?.people.find(({ openid }) => openid === here.openid);
export const now = () => Date.now() / 1000 + here.skew;
export const busy = () => here.busy.get(whose()) > 0;

export function forget() {
  Object.assign(here, { chat: [], exchanges: [], calls: [], chosen: null });
}

let looking = Promise.resolve();

/** A second caller gets a look of its own after the one under way. */
export function look() {
  looking = looking.then(lookOnce);
  return looking;
}

async function lookOnce() {
  try {
    await lookAround();
    here.offline = false;
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof doors.Refused)) throw error;
    if (!here.offline) trouble("trouble_network");
    here.offline = true;
  }
}

async function lookAround() {
  const asked = whose();
  const state = await doors.lookAround(here.alias, here.openid);
  for (const each of state.accounts) each.name = inLanguage(each.name);
  Object.assign(here, { state, skew: state.now - Date.now() / 1000 });
  if (!person()) return;
  noticeReset();
  const [items, behind] = await Promise.all([newItems(), newExchanges()]);
  if (asked !== whose()) return;
  here.chat.push(...items.filter(({ id }) => id > (here.chat.at(-1)?.id ?? 0)));
  merge(behind);
  if (here.tab === "calls") here.calls = (await doors.calls(here.alias)).calls;
}

/** Fewer than we hold: somebody pressed reset, here or elsewhere, or the simulator was started again. */
function noticeReset() {
  if (person().items < here.chat.length) forget();
  if (here.state.last_delivery < (here.exchanges.at(-1)?.id ?? 0)) here.exchanges = [];
}

async function newItems() {
  if (person().items === here.chat.length) return [];
  return (await doors.inbox(here.alias, here.openid, here.chat.at(-1)?.id ?? 0)).inbox;
}

let lookedUpTo = 0;

async function newExchanges() {
  const open = here.exchanges.find(unfinished);
  const last = here.exchanges.at(-1)?.id ?? 0;
  if (!open && last && lookedUpTo === here.state.last_delivery) return [];
  lookedUpTo = here.state.last_delivery;
  return (await doors.deliveries(here.alias, here.openid, open ? open.id - 1 : last)).deliveries;
}

function unfinished(one) {
  return one.outcome === ON_ITS_WAY || (one.outcome === "failed" && one.tries.length < TRIES);
}

function merge(news) {
  const all = new Map([...here.exchanges, ...news].map((one) => [one.id, one]));
  here.exchanges = [...all.values()].sort((one, other) => one.id - other.id);
}
