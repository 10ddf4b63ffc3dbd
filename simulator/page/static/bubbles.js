/* One entry of the conversation as the phone draws it: bubbles, cards and grey notices. */

import { el } from "./dom.js";
import { icon, landscape, numberOf, seal } from "./marks.js";
import { rich } from "./rich.js";
import { say } from "./words.js";

const NOTICES = {
  subscribe: (entry, scene) => say("you_followed", { name: scene.account.name }),
  unsubscribe: (entry, scene) => say("you_left", { name: scene.account.name }),
  scan: (entry) => say("scene_now", { scene: entry.scene }),
  failure: (entry) => entry.content || say("failure"),
  transfer: () => say("handed_over"),
};

const CARDS = { text, image, voice, video, music, news, location: place, link, template, msgmenu, miniprogrampage };
const WIDE = new Set(["news", "template"]);

/** `scene` = {account, person, act, select, chosen}: who talks, what a tap does, which exchange is looked at. */
export function row(entry, scene) {
  if (entry.type in NOTICES) return notice(entry, scene);
  const card = (CARDS[entry.type] ?? unknown)(entry, scene);
  const traits = { data: { key: entry.key, exchange: entry.exchange ?? "" } };
  if (WIDE.has(entry.type)) return chosen(el(`div.row.wide.${entry.type}-row`, traits, card), entry, scene);
  const face = entry.mine ? landscape(scene.person) : seal(scene.account);
  const mark = entry.pending ? el("span.pending", {}) : entry.lost ? el("span.lost", { title: say("no_answer") }, icon("alert", 16)) : null;
  return chosen(el(`div.row.${entry.mine ? "mine" : "theirs"}`, traits, face, card, mark), entry, scene);
}

function chosen(node, entry, scene) {
  if (entry.exchange && entry.exchange === scene.chosen) node.classList.add("chosen");
  node.addEventListener("click", () => entry.exchange && scene.select(entry.exchange));
  return node;
}

function notice(entry, scene) {
  const words = NOTICES[entry.type](entry, scene);
  const traits = { data: { key: entry.key, exchange: entry.exchange ?? "", type: entry.type } };
  return chosen(el("div.row.notice", traits, el("span", {}, words)), entry, scene);
}

function text(entry, scene) {
  return el("div.bubble", {}, rich(entry.content, scene.act));
}

function image(entry) {
  return el("div.bubble.picture", {}, picture(entry.url || media(entry.media_id), entry.media_id ?? "", say("picture")));
}

/** What was uploaded, as the platform's picture host shows it. */
function media(mediaId) {
  return mediaId ? `/mmbiz.qpic.cn/${encodeURIComponent(mediaId)}` : "";
}

/** A picture of this machine is shown. For a broken one, the phone's single pixel, or one from outside, a landscape. */
export function picture(url, seed, words) {
  const drawn = el("div.drawn", { role: "img", "aria-label": words }, landscape({ openid: seed || url, nickname: "" }, "100%"));
  if (!url || !local(url)) return drawn;
  const tooSmall = () => shown.naturalWidth < 2 && shown.replaceWith(drawn);
  const shown = el("img", { src: url, alt: words, onload: tooSmall, onerror: () => shown.replaceWith(drawn) });
  return shown;
}

export function local(url) {
  try {
    return ["127.0.0.1", "localhost", window.location.hostname].includes(new URL(url, window.location.href).hostname);
  } catch {
    return false;
  }
}

function voice(entry) {
  const seconds = 2 + (numberOf(entry.key) % 9);
  const bubble = el("div.bubble.voice", {}, icon("voice", 20), el("span", {}, `${seconds}″`));
  bubble.style.width = `${72 + seconds * 9}px`;
  return entry.content ? el("div.stack", {}, bubble, el("div.heard", {}, entry.content)) : bubble;
}

function video(entry) {
  const still = el("div.still", {}, picture(media(entry.thumb), entry.media_id ?? entry.key, say("video")), el("span.play", {}, icon("play", 26)));
  const words = entry.title || entry.description;
  return el("div.bubble.card.film", {}, still, words && el("p.card-title", {}, entry.title || entry.description));
}

function music(entry, scene) {
  const words = el("div.card-words", {}, el("p.card-title", {}, entry.title || say("music")), el("p.card-more", {}, entry.description));
  const cover = el("span.cover", {}, icon("music", 22));
  return tappable("div.bubble.card.music", entry.url, scene, words, cover);
}

function place(entry) {
  const streets = el("div.map", { "aria-hidden": "true" }, icon("place", 30));
  const where = `${Number(entry.latitude).toFixed(4)}, ${Number(entry.longitude).toFixed(4)}`;
  return el("div.bubble.card.location", {}, el("p.card-title", {}, entry.label || say("location")), el("p.card-more", {}, where), streets);
}

function link(entry, scene) {
  const words = el("div.card-words", {}, el("p.card-title", {}, entry.title), el("p.card-more", {}, entry.description || entry.url));
  return tappable("div.bubble.card.linked", entry.url, scene, words, el("span.cover", {}, icon("link", 22)));
}

function miniprogrampage(entry) {
  const head = el("p.card-more", {}, icon("bolt", 14), say("miniprogram"));
  return el("div.bubble.card.mini", {}, head, el("p.card-title", {}, entry.title), picture("", entry.pagepath ?? entry.key, entry.title));
}

function msgmenu(entry, scene) {
  const choice = (item) => el("button.choice", { type: "button", onclick: () => scene.act({ say: item.content, id: item.id }) }, item.content);
  return el("div.bubble", {}, entry.head && el("p", {}, entry.head), entry.list.map(choice), entry.tail && el("p", {}, entry.tail));
}

function news(entry, scene) {
  const [first, ...others] = entry.articles;
  const lead = tappable("div.lead", first.url, scene, picture(first.picture, first.title, first.title), el("p.lead-title", {}, first.title));
  const more = others.map((article) =>
    tappable("div.also", article.url, scene, el("p", {}, article.title), el("span.thumb", {}, picture(article.picture, article.title, article.title))));
  const summary = !others.length && first.description && el("p.summary", {}, first.description);
  return el("div.sheet.news", {}, lead, summary, more);
}

function template(entry, scene) {
  const head = el("header", {}, seal(scene.account, 20), el("span", {}, scene.account.name), el("time", {}, entry.clock ?? ""));
  const fields = entry.fields.map(({ name, value }) =>
    name ? el("div.field", {}, el("dt", {}, name), el("dd", {}, value)) : el("p.line", {}, value));
  const body = el("div.template-body", {}, el("h3", {}, entry.title), el("dl", {}, fields));
  const foot = (entry.url || entry.pagepath) && el("footer", {}, el("span", {}, say(entry.url ? "details" : "miniprogram")), icon("right", 16));
  return tappable("article.sheet.template", entry.url, scene, head, body, foot);
}

function unknown(entry) {
  return el("div.bubble.unknown", {}, say("unknown_kind", { kind: entry.type }));
}

function tappable(name, url, scene, ...children) {
  if (!url) return el(name, {}, children);
  const open = (event) => {
    if (event.type === "keydown" && event.key !== "Enter") return;
    event.stopPropagation();
    scene.act({ url });
  };
  return el(name, { role: "link", tabindex: 0, onclick: open, onkeydown: open }, children);
}
