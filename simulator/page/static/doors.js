/* The simulator's HTTP doors, and nothing else: whatever this page does, curl can do. */

/** The door answered, but not with what was asked; `message` is its own sentence. */
export class Refused extends Error {}

async function knock(path, options) {
  const answer = await fetch(path, options);
  const told = await answer.json().catch(() => null);
  if (!answer.ok || told === null) throw new Refused(told?.error ?? `HTTP ${answer.status}`);
  return told;
}

const get = (path, query = {}) => knock(`${path}?${new URLSearchParams(query)}`);

const post = (path, body) =>
  knock(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

const phone = (alias, openid) => `/phone/${encodeURIComponent(alias)}/${encodeURIComponent(openid)}`;

export const act = (alias, openid, name, body = {}) => post(`${phone(alias, openid)}/${name}`, body);

/** Anybody may pick up a phone: an openid that nobody has becomes a person who does not follow. */
export const meet = (alias, openid) => get(phone(alias, openid));

export const inbox = (alias, openid, after) => get(`${phone(alias, openid)}/inbox`, { all: 1, after });

export const lookAround = (alias, openid) => get("/page/state", { account: alias, openid });

export const deliveries = (alias, openid, after) => get("/controls/deliveries", { account: alias, openid, after });

export const calls = (alias) => get("/controls/calls", { account: alias });

export const advance = (seconds) => post("/controls/clock", { advance: seconds });

export const breakNext = (fault) => post("/controls/faults", fault);

export const mendAll = () => post("/controls/faults", { clear: true });

export const killTokens = (alias) => post("/controls/tokens", { account: alias });

export const reset = () => post("/controls/reset", {});

export const settings = async (alias) => (await get("/controls/settings")).accounts[alias];

export const change = (alias, changed) => post("/controls/settings", { account: alias, ...changed });
