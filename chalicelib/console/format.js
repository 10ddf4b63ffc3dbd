// Numbers, days and times as people here read them: always Shanghai time, whatever the browser's zone.

import { language } from "./prefs.js";
import { t } from "./words.js";

const ZONE = "Asia/Shanghai";
const locale = () => (language() === "en" ? "en-GB" : "zh-CN");

/** A Date of unix seconds, of a day "2026-11-20" (its noon in Shanghai) or of an ISO time; null for nothing. */
export function moment(value) {
  if (value === "" || value === 0 || value === null || value === undefined) return null;
  if (typeof value === "number") return new Date(value * 1000);
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return new Date(`${value}T12:00:00+08:00`);
  return Number.isNaN(Date.parse(value)) ? null : new Date(value);
}

const written = (value, options) => {
  const at = moment(value);
  return at ? new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options }).format(at) : "–";
};

export const day = (value) => written(value, { year: "numeric", month: "short", day: "numeric" });
export const shortDay = (value) => written(value, { month: "numeric", day: "numeric" });
export const weekday = (value) => written(value, { month: "long", day: "numeric", weekday: "long" });
export const time = (value) =>
  written(value, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
export const clock = (value) => written(value, { hour: "2-digit", minute: "2-digit", hour12: false });

/** "2026-11-20", in Shanghai. */
export const isoDay = (value) => {
  const at = moment(value);
  return at ? new Intl.DateTimeFormat("en-CA", { timeZone: ZONE }).format(at) : "";
};

export const today = () => isoDay(Date.now() / 1000);

/** How many days ago in Shanghai; negative for days to come. */
export const daysAgo = (value) => Math.round((Date.parse(today()) - Date.parse(isoDay(value))) / 86_400_000);

/** A day in words: today, yesterday, 5 days ago, then the date. */
export function ago(value) {
  if (!moment(value)) return "–";
  const days = daysAgo(value);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  return days > 1 && days < 31 ? t("days_ago", { n: days }) : day(value);
}

/** In bytes, as WeChat measures names. */
export const size = (text) => new TextEncoder().encode(text).length;

export const number = (value) => (Number.isFinite(value) ? new Intl.NumberFormat(locale()).format(value) : "–");
export const signed = (value) => (value > 0 ? `+${number(value)}` : number(value).replace("-", "−"));
export const money = (fen) => `¥${new Intl.NumberFormat(locale(), { minimumFractionDigits: 2 }).format((fen || 0) / 100)}`;
export const percent = (part, whole) => (whole ? `${Math.round((part / whole) * 1000) / 10}%` : "–");

/** Our server says things twice, Chinese first: this keeps the half that the reader asked for. */
export function half(text) {
  // Two such texts in a row meet where an English sentence is followed by Chinese, or in a line of their own.
  const told = text.replace(/([a-z)][.]) +(?=[\u4e00-\u9fff])/g, "$1\n").split("\n");
  return told.map(oneHalf).join(language() === "en" ? " " : "");
}

function oneHalf(text) {
  const cut = text.lastIndexOf("。") + 1;
  const [chinese, english] = [text.slice(0, cut).trim(), text.slice(cut).trim()];
  return (language() === "en" ? english || chinese : chinese || english) || text;
}
