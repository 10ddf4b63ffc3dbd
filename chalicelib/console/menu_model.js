// What a menu is to the editor: entries by their place ("2", or "2.1" below it), what each kind needs, how they move.

export const MOST = { bar: 3, below: 5 };
export const NAME_BYTES = { bar: 16, below: 60 };
export const PLATFORMS = ["ios", "android", "other"];

/** What each kind asks for, in the order of its form; "sub" is ours for one that only opens. */
export const KINDS = {
  sub: [],
  click: ["key"],
  view: ["url"],
  miniprogram: ["appid", "pagepath", "url"],
  media_id: ["media_id"],
  view_limited: ["media_id"],
  article_id: ["article_id"],
  article_view_limited: ["article_id"],
  scancode_push: ["key"],
  scancode_waitmsg: ["key"],
  pic_sysphoto: ["key"],
  pic_photo_or_album: ["key"],
  pic_weixin: ["key"],
  location_select: ["key"],
};
export const FAMILIES = [
  ["usual", ["sub", "click", "view", "miniprogram"]],
  ["content", ["media_id", "view_limited", "article_id", "article_view_limited"]],
  ["device", ["scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"]],
];

/** What was changed and not saved, by account: one may look at another room, or switch the language, meanwhile. */
const kept = new Map();
export const keepWork = (account, work) => kept.set(account, work);
export const workOf = (account) => kept.get(account);

export function takeWork(account) {
  const work = kept.get(account);
  kept.delete(account);
  return work;
}

/** A copy in which every list is there; the API leaves out what is empty. */
export function whole(menu) {
  const { button = [], conditional = [] } = structuredClone(menu);
  return {
    button,
    conditional: conditional.map((one) => ({ ...one, label: one.label || "", when: one.when || {}, button: one.button || [] })),
  };
}

export const alike = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** 0 is the ordinary menu, 1 the first conditional one. */
export const partOf = (menu, number) => (number ? menu.conditional[number - 1] : menu);
export const levelOf = (at) => (at.includes(".") ? "below" : "bar");
export const parentOf = (at) => (at.includes(".") ? at.split(".")[0] : "");
export const indexOf = (at) => Number(at.split(".").at(-1)) - 1;
export const isGroup = (entry) => Boolean(entry.sub_button?.length) || !entry.type;
export const kindOf = (entry) => (isGroup(entry) ? "sub" : entry.type);
export const nextTo = (at, by) => [parentOf(at), indexOf(at) + 1 + by].filter((each) => each !== "").join(".");

/** The entries of the bar (""), or of what opens from one of them ("2"). */
export function listOf(part, above) {
  if (!above) return part.button;
  return (part.button[indexOf(above)].sub_button ||= []);
}

export const find = (part, at) => (at ? (listWithout(part, parentOf(at)) || [])[indexOf(at)] : undefined);
const listWithout = (part, above) => (above ? part.button[indexOf(above)]?.sub_button : part.button);

/** [[place, entry], …] as one reads them. */
export const walk = (part) =>
  part.button.flatMap((entry, n) => [[`${n + 1}`, entry], ...(entry.sub_button || []).map((below, m) => [`${n + 1}.${m + 1}`, below])]);

export function mayGo(part, from, into) {
  if (parentOf(from) === into) return true;
  if (!into) return part.button.length < MOST.bar;
  return into !== from && !isGroup(find(part, from)) && isGroup(find(part, into)) && listOf(part, into).length < MOST.below;
}

/** Puts it before the index-th of `into`, counted as they stand now. Its new place, or "" if it may not go there. */
export function move(part, from, into, index) {
  if (!mayGo(part, from, into)) return "";
  const [source, goal, host] = [listOf(part, parentOf(from)), listOf(part, into), find(part, into)];
  const [entry] = source.splice(indexOf(from), 1);
  goal.splice(source === goal && indexOf(from) < index ? index - 1 : index, 0, entry);
  const at = goal.indexOf(entry) + 1;
  return host ? `${part.button.indexOf(host) + 1}.${at}` : `${at}`;
}

/** One step within its list; the place itself at an end of it. */
export function step(part, at, by) {
  const index = indexOf(at) + by;
  if (index < 0 || index >= listOf(part, parentOf(at)).length) return at;
  return move(part, at, parentOf(at), by > 0 ? index + 1 : index);
}

export function take(part, at) {
  return listOf(part, parentOf(at)).splice(indexOf(at), 1)[0];
}

/** A key that no entry has, so that its taps are counted apart. */
export function freshKey(menu) {
  const known = new Set([menu, ...menu.conditional].flatMap((part) => walk(part).map(([, entry]) => entry.key)));
  let n = 1;
  while (known.has(`MENU_${n}`)) n += 1;
  return `MENU_${n}`;
}

/** Another kind; what it said before stays, and comes back with the kind it belongs to. */
export function turnInto(entry, kind, menu) {
  if (kind === "sub") {
    entry.type = "";
    return;
  }
  delete entry.sub_button;
  entry.type = kind;
  if (KINDS[kind].includes("key") && !entry.key) entry.key = freshKey(menu);
}

/** What a tap leads to, for the line below a name. */
export const aim = (entry) => entry[{ view: "url", miniprogram: "pagepath" }[entry.type] || KINDS[entry.type]?.[0]] || "";
