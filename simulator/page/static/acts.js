/* What a person does with the phone, each act through its door; the waiting is the account's typing. */

import { ask, toast, trouble } from "./ask.js";
import { openBrowser } from "./browser.js";
import * as doors from "./doors.js";
import { account, here, look, now, whose } from "./watch.js";
import { say } from "./words.js";

let draw = () => {};
let number = 0;

export function onChange(drawAgain) {
  draw = drawAgain;
}

/** What is said shows at once as `shown`, and is replaced by what the phone really sent. */
async function act(name, body, shown) {
  const { alias, openid } = here;
  const own = shown && { key: `w${(number += 1)}`, at: now(), whose: whose(), after: here.chat.at(-1)?.id ?? 0, ...shown };
  if (own) here.waiting.push(own);
  wait(1, `${alias}/${openid}`);
  draw();
  const told = await knock(alias, openid, name, body, own);
  wait(-1, `${alias}/${openid}`);
  await look();
  if (!own?.lost) here.waiting = here.waiting.filter((each) => each !== own);
  draw();
  return told;
}

async function knock(alias, openid, name, body, own) {
  try {
    return await doors.act(alias, openid, name, body);
  } catch (error) {
    if (own) own.lost = true;
    if (error instanceof doors.Refused) trouble("trouble_door", { why: error.message });
    else trouble("trouble_network");
    return null;
  }
}

function wait(change, name) {
  here.busy.set(name, (here.busy.get(name) ?? 0) + change);
}

/** Said here and not yet come back in the chat. */
export function stillWaiting() {
  const arrived = here.chat.filter(({ channel }) => channel === "mine");
  const back = (own) => arrived.some((item) => item.id > own.after && item.type === own.type && (own.content ?? item.content) === item.content);
  return here.waiting.filter((own) => own.whose === whose() && (own.lost || !back(own)));
}

export const follow = () => act("follow");
export const unfollow = () => act("unfollow");
export const revoke = () => act("revoke", { what: [205] });
export const cancel = () => act("cancel");
export const rename = (nickname) => act("rename", { nickname });
export const speak = (content) => act("say", { text: content }, { type: "text", content });

/** A tap on a button of the menu; one that opens a page opens it here. */
export async function press(button, places) {
  if (button.type === "view") open(button.url);
  await act("tap", { index: places });
}

/** A tap on a link: a page, or a sentence of a menu message. */
export function touch(target) {
  if (target.url) return open(target.url);
  return act("say", { text: target.say, ...(target.id && { bizmsgmenuid: target.id }) }, { type: "text", content: target.say });
}

export const way = (name) => WAYS[name]();

const WAYS = {
  way_picture: () => act("say", { type: "image" }, { type: "image" }),
  way_voice: () => asking("ask_voice", "有什么新茶？", (heard) => act("say", { type: "voice", recognition: heard }, { type: "voice", content: heard })),
  way_place: () => {
    const spot = { latitude: 31.230416, longitude: 121.473701, label: say("people_square") };
    return act("say", { type: "location", ...spot }, { type: "location", ...spot });
  },
  way_link: () => asking("ask_title", "明前龙井的一天", (title) => {
    const link = { type: "link", title, description: "example.com", url: "https://example.com/tea" };
    return act("say", link, link);
  }),
  way_scan: () => scan(),
  way_open: () => asking("ask_url", firstUrl(), open),
  way_pay: async () => (await act("pay")) && toast(say("paid")),
  way_event: () => asking("ask_event", JSON.stringify({ Event: "LOCATION", Latitude: 31.23, Longitude: 121.47, Precision: 40 }, null, 2), event, true),
};

async function asking(words, start, then, long = false) {
  const told = await ask(say(words), start, long);
  return told ? then(told) : null;
}

export function scan() {
  return asking("ask_scene", "store_17", (scene) => act("scan", { scene }));
}

function event(written) {
  let fields;
  try {
    fields = JSON.parse(written);
  } catch {
    return trouble("trouble_json");
  }
  return act("event", fields);
}

function firstUrl() {
  const buttons = here.state.menu.flatMap((button) => [button, ...(button.sub_button ?? [])]);
  return buttons.find(({ url }) => url)?.url ?? location.origin;
}

function open(address) {
  if (!URL.canParse(address)) return trouble("trouble_door", { why: address });
  const url = new URL(address);
  // WeChat's own pages, and they only, learn whose phone it is.
  for (const path of ["/open.weixin.qq.com", "/res.wx.qq.com"]) document.cookie = `simulated_phone=${here.alias}:${here.openid}; path=${path}; SameSite=Lax`;
  return /^https?:$/.test(url.protocol) && openBrowser(url.href, account().name, (card) => act("share", card));
}
