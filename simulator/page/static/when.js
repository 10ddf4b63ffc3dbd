/* Times as the phone writes them; the phone lives in Shanghai, as the platform's quotas do. */

import { language, say } from "./words.js";

const ZONE = "Asia/Shanghai";
const A_DAY = 86400;

const write = (at, options) => new Intl.DateTimeFormat(language(), { timeZone: ZONE, hour12: false, hourCycle: "h23", ...options }).format(at * 1000);

export const clockOf = (at) => write(at, { hour: "2-digit", minute: "2-digit" });

export const secondsOf = (at) => write(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const dayOf = (at) => write(at, { year: "numeric", month: "long", day: "numeric", weekday: "short" });

/** Today bare, yesterday by name, this week by weekday, then by date. */
export function whenOf(at, now) {
  const days = Math.floor((now + 8 * 3600) / A_DAY) - Math.floor((at + 8 * 3600) / A_DAY);
  if (days <= 0) return clockOf(at);
  if (days === 1) return `${say("yesterday")} ${clockOf(at)}`;
  if (days < 7) return `${write(at, { weekday: "long" })} ${clockOf(at)}`;
  return `${write(at, { year: "numeric", month: "long", day: "numeric" })} ${clockOf(at)}`;
}

export function lengthOf(seconds) {
  const unit = (value, name) => new Intl.NumberFormat(language(), { style: "unit", unit: name, unitDisplay: "long", maximumFractionDigits: 1 }).format(value);
  if (seconds < 60) return unit(Math.round(seconds), "second");
  if (seconds < 3600) return unit(seconds / 60, "minute");
  return seconds < A_DAY ? unit(seconds / 3600, "hour") : unit(seconds / A_DAY, "day");
}
