/* Drawings: small line icons, seals for accounts, landscapes for people. All made here, none copied. */

import { svg } from "./dom.js";

const LINES = {
  back: "M15 4.5 7.5 12l7.5 7.5",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  people: "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5c.5-3.3 3.2-5 6.5-5s6 1.7 6.5 5M16 5.2a3.2 3.2 0 0 1 0 6M18 15c1.9.7 3.1 2.2 3.5 4.5",
  drawer: "M4 5h16v14H4zM14.5 5v14M7 9h4M7 12.5h4",
  keyboard: "M3 6.5h18v11H3zM6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14h8",
  menu: "M4 7h16M4 12h16M4 17h16",
  lines: "M8 8h8M8 12h8M8 16h8",
  voice: "M8 10.2v3.6M11.2 7.8v8.4M14.4 5.5v13M17.6 9.5v5",
  plus: "M12 6.5v11M6.5 12h11",
  face: "M8.5 14.2c1.9 2.4 5.1 2.4 7 0M9 9.8h.01M15 9.8h.01",
  picture: "M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 17M9 9.3h.01",
  place: "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  globe: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM3.5 12h17M12 3.5c4.5 5 4.5 12 0 17M12 3.5c-4.5 5-4.5 12 0 17",
  out: "M13 5h6v6M19 5l-9 9M16 14v5H5V8h5",
  close: "M6 6l12 12M18 6 6 18",
  play: "M8.5 5.5 19 12 8.5 18.5z",
  music: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z",
  phone: "M7.5 3h9a1.5 1.5 0 0 1 1.5 1.5v15a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 19.5v-15A1.5 1.5 0 0 1 7.5 3zM10.5 18h3",
  server: "M4.5 4.5h15v6h-15zM4.5 13.5h15v6h-15zM8 7.5h.01M8 16.5h.01M12 7.5h4M12 16.5h4",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 5.7 5.7L12 17",
  alert: "M12 7.5v5.5M12 16.5h.01",
  bolt: "M13 3 5.5 13.5H12L11 21l7.5-10.5H12z",
  right: "M9.5 5.5 16 12l-6.5 6.5",
  reload: "M19 12a7 7 0 1 1-2-4.9M19 4v4h-4",
  yuan: "M7 5l5 6.5L17 5M12 11.5V20M7.5 13h9M7.5 16.5h9",
};

export function icon(name, size = 24) {
  const traits = { viewBox: "0 0 24 24", width: size, height: size, class: `icon icon-${name}`, "aria-hidden": "true" };
  return svg("svg", traits, svg("path", { d: LINES[name] }));
}

export function signs() {
  const bars = [3, 5.5, 8, 10.5].map((tall, place) =>
    svg("rect", { x: place * 4.5, y: 11 - tall, width: 3, height: tall, rx: 0.8 }));
  const cell = [
    svg("rect", { x: 26.5, y: 0.5, width: 21, height: 10.5, rx: 3, fill: "none", stroke: "currentColor", opacity: 0.45 }),
    svg("rect", { x: 28.5, y: 2.5, width: 14, height: 6.5, rx: 1.5 }),
    svg("rect", { x: 48.8, y: 4, width: 1.6, height: 3.6, rx: 0.8, opacity: 0.45 }),
  ];
  return svg("svg", { viewBox: "0 0 51 12", width: 51, height: 12, fill: "currentColor" }, ...bars, ...cell);
}

/** The same name gives the same number everywhere, so a person keeps the face. */
export function numberOf(name) {
  let sum = 2166136261;
  for (const letter of name) sum = Math.imul(sum ^ letter.codePointAt(0), 16777619) >>> 0;
  return sum;
}

const SEALS = ["#2f6b5a", "#a6543c", "#3f5f86", "#7a5c86", "#8a6d2f", "#4c7a4a"];

/** An account: a seal with the first character of its name; the tea shop wears the gaiwan. */
export function seal(account, size = 44) {
  const traits = { viewBox: "0 0 64 64", width: size, height: size, class: "face", "aria-hidden": "true" };
  if (account.alias === "tea") return svg("svg", traits, svg("image", { href: "/page/static/gaiwan.svg", width: 64, height: 64 }));
  const letter = svg("text", { x: 32, y: 43, "text-anchor": "middle", "font-size": 32, class: "seal-letter", fill: "#f6f1e4" });
  letter.textContent = [...(account.name || account.alias)][0];
  const ground = svg("rect", { width: 64, height: 64, fill: SEALS[numberOf(account.alias) % SEALS.length] });
  const rim = svg("rect", { x: 6, y: 6, width: 52, height: 52, rx: 9, fill: "none", stroke: "#f6f1e4", "stroke-width": 1.6, opacity: 0.55 });
  return svg("svg", traits, ground, rim, letter);
}

const SKIES = [
  ["#f3d9c0", "#e0764f", "#b98a6c", "#7d5a4a"], ["#cfe3e6", "#f6c667", "#6fa3a8", "#35666e"],
  ["#e6dff0", "#f2a7a0", "#9a8fc0", "#5e5688"], ["#dfe9d2", "#f0b64b", "#8db07a", "#4f7a52"],
  ["#fbe6cf", "#d9573f", "#d99a62", "#9b5c3c"], ["#d5e0f2", "#ffffff", "#7f9cc9", "#3f5c8f"],
  ["#1f2c45", "#f4e7b8", "#3a4f77", "#141d30"], ["#f4dce0", "#fff6d8", "#c98a99", "#8a4f62"],
];

/** A person: a sun over two hills, drawn from the name. */
export function landscape(person, size = 40) {
  const number = numberOf(person.openid + person.nickname);
  const [sky, sun, far, near] = SKIES[number % SKIES.length];
  const along = (shift, span) => (number >>> shift) % span;
  const hill = (y, rise, fall) => `M0 ${y} C 14 ${y - rise} 24 ${y - rise} 36 ${y - 2} S 56 ${y - fall} 64 ${y - 4} V 64 H 0 Z`;
  return svg(
    "svg", { viewBox: "0 0 64 64", width: size, height: size, class: "face", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" },
    svg("rect", { width: 64, height: 64, fill: sky }),
    svg("circle", { cx: 14 + along(3, 36), cy: 19 + along(8, 9), r: 6 + along(12, 4), fill: sun }),
    svg("path", { d: hill(42 + along(5, 5), 10 + along(9, 10), 4 + along(14, 12)), fill: far }),
    svg("path", { d: hill(52 + along(7, 4), 4 + along(11, 8), 6 + along(16, 10)), fill: near }),
  );
}
