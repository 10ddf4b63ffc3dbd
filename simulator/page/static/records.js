/* From what the doors tell to what the screen shows: one list of entries, each tied to the callback behind it. */

import { fieldsOf } from "./xml.js";

const NEAR = 1.5;
const EVENT_NOTICES = { subscribe: "subscribe", unsubscribe: "unsubscribe", SCAN: "scan" };

/** Chat items, what is on its way, and the events that WeChat shows as grey lines, oldest first. */
export function conversation(chat, exchanges, waiting) {
  const entries = [...chat.map((item) => fromItem(item)), ...eventLines(exchanges)].sort((one, other) => one.at - other.at);
  tie(entries, exchanges);
  const onItsWay = waiting.map((item) => ({ ...item, mine: true, pending: !item.lost }));
  return [...entries, ...onItsWay];
}

function fromItem(item) {
  const mine = item.channel === "mine";
  const entry = { key: `i${item.id}`, at: item.at, mine, channel: item.channel, ...body(item) };
  return item.channel === "notice" || item.type === "notice" ? { ...entry, type: "failure" } : entry;
}

function body(item) {
  const inner = typeof item[item.type] === "object" ? item[item.type] : {};
  const told = { ...item, ...inner };
  return (BODIES[item.type] ?? ((rest) => ({ type: item.type, content: rest.content ?? "" })))(told);
}

const BODIES = {
  news: ({ articles }) => ({ type: "news", articles: articles.map(article) }),
  mpnews: ({ articles = [], title = "" }) => ({ type: "news", articles: articles.length ? articles.map(article) : [article({ title })] }),
  template: (told) => ({ type: "template", title: told.title ?? "", url: told.url, pagepath: told.miniprogram?.pagepath, fields: fields(told) }),
  subscription: (told) => BODIES.template(told),
  location: (told) => ({ type: "location", latitude: told.latitude ?? told.Location_X, longitude: told.longitude ?? told.Location_Y, label: told.label ?? told.Label }),
  link: (told) => ({ type: "link", title: told.title, description: told.description, url: told.url }),
  msgmenu: (told) => ({ type: "msgmenu", head: told.head_content, list: told.list ?? [], tail: told.tail_content }),
  transfer_customer_service: () => ({ type: "transfer" }),
  video: ({ media_id, thumb_media_id, title, description }) => ({ type: "video", media_id, thumb: thumb_media_id, title, description }),
  music: ({ title, description, url, musicurl }) => ({ type: "music", title, description, url: url || musicurl }),
  image: ({ media_id, url }) => ({ type: "image", media_id, url }),
  voice: ({ media_id, content, recognition }) => ({ type: "voice", media_id, content: content || recognition }),
  miniprogrampage: ({ title, pagepath }) => ({ type: "miniprogrampage", title, pagepath }),
};

function article(told) {
  return { title: told.title ?? "", description: told.description ?? told.digest ?? "", url: told.url ?? "", picture: told.pic_url ?? told.picurl ?? "" };
}

/** "订单号：{{character_string1.DATA}}" with the data; a line without a name stands alone. */
function fields({ content = "", data = {} }) {
  const value = (name) => data[name]?.value ?? data[name] ?? "";
  const lines = content.split("\n").filter((line) => line.trim());
  if (!lines.length) return Object.entries(data).map(([name]) => ({ name, value: String(value(name)) }));
  return lines.map((line) => {
    const filled = line.replace(/\{\{\s*(\w+)\.DATA\s*\}\}/g, (whole, name) => value(name));
    const [, name, rest] = /^([^：:{]{1,12})[：:]\s*(.*)$/.exec(filled) ?? [null, "", filled];
    return { name, value: rest };
  });
}

function eventLines(exchanges) {
  return exchanges.filter(({ kind }) => kind in EVENT_NOTICES).map((one) => {
    const scene = fieldsOf(one.plain).EventKey ?? "";
    return { key: `e${one.id}`, at: one.at, type: EVENT_NOTICES[one.kind], scene, exchange: one.id };
  });
}

/** A reply belongs to the latest callback before it, a person's own words to the first one after them. */
function tie(entries, exchanges) {
  for (const entry of entries) {
    if (entry.exchange) continue;
    const behind = entry.mine ? exchanges.find(({ at }) => at >= entry.at - 0.05 && at - entry.at < NEAR) : answered(entry, exchanges);
    entry.exchange = behind?.id;
  }
}

function answered(entry, exchanges) {
  if (!["reply", "notice"].includes(entry.channel)) return undefined;
  return exchanges.findLast(({ at, kind }) => at <= entry.at + 0.05 && kind !== "TEMPLATESENDJOBFINISH");
}
