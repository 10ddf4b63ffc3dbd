/* Words of a message with their links: a parser that knows <a href> and bare addresses, and nothing else of HTML. */

import { el } from "./dom.js";

const ANCHOR = /<a\s([^<>]*)>([\s\S]*?)<\/a>/gi;
const HREF = /href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;
const BARE = /https?:\/\/[^\s<>"'，。；！？、（）【】《》“”]+/g;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

/** `act` gets {url} for a page and {say, id} for a weixin://bizmsgmenu link. */
export function rich(text, act) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(ANCHOR)) {
    nodes.push(...bare(text.slice(from, found.index), act));
    nodes.push(anchor(found, act));
    from = found.index + found[0].length;
  }
  return [...nodes, ...bare(text.slice(from), act)];
}

function anchor([whole, traits, words], act) {
  const href = HREF.exec(traits);
  const target = href && meaning(decode(href[1] ?? href[2] ?? href[3]));
  return target ? link(decode(words), target, act) : whole;
}

function bare(text, act) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(BARE)) {
    nodes.push(text.slice(from, found.index), link(found[0], { url: found[0] }, act));
    from = found.index + found[0].length;
  }
  return [...nodes, text.slice(from)].filter((part) => part !== "");
}

/** Only pages and menu sentences are links; any other scheme stays plain words. */
export function meaning(href) {
  let url;
  try {
    url = new URL(href.trim());
  } catch {
    return null;
  }
  if (url.protocol === "http:" || url.protocol === "https:") return { url: url.href };
  const sentence = url.protocol === "weixin:" && url.searchParams.get("msgmenucontent");
  return sentence ? { say: sentence, id: url.searchParams.get("msgmenuid") ?? "" } : null;
}

function link(words, target, act) {
  const open = (event) => {
    event.preventDefault();
    event.stopPropagation();
    act(target);
  };
  return el("a", { href: target.url ?? "#", rel: "noreferrer", onclick: open }, words);
}

const decode = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity]);
