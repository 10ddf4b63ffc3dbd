// Line drawings, 24 by 24, in the colour of the words beside them.

import { s } from "./dom.js";

const PATHS = {
  home: "M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.5M18 14.3c2 .7 3.2 2.6 3.5 5.7",
  tag: "M4 4h7.5l8.5 8.5-7.5 7.5L4 11.5zM8 8h.01",
  segment: "M4 5h16l-6 7.5V19l-4 1.5v-8z",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5H14zM20 14v3M17 20h3M14 20h.01",
  operator: "M12 3l7 3v5c0 4.5-2.8 8-7 10-4.2-2-7-5.5-7-10V6zM9 12l2 2 4-4",
  audit: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  menu: "M4 7h16M4 12h16M4 17h10",
  keyboard: "M3 6h18v12H3zM7 10h.01M12 10h.01M17 10h.01M8 14h8",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  rise: "M12 19V5M6 11l6-6 6 6",
  sink: "M12 5v14M6 13l6 6 6-6",
  phone: "M7 3h10v18H7zM11 18h2",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16.5 16.5L21 21",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  down: "M6 9.5l6 6 6-6",
  left: "M14.5 6l-6 6 6 6",
  upload: "M12 16V4M7.5 8.5L12 4l4.5 4.5M4 16v4h16v-4",
  download: "M12 4v12M7.5 11.5L12 16l4.5-4.5M4 16v4h16v-4",
  sync: "M20 11a8 8 0 0 0-14.5-3.5L4 9.5M4 4.5v5h5M4 13a8 8 0 0 0 14.5 3.5l1.5-2M20 19.5v-5h-5",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M5 19l1.7-1.7M17.3 6.7L19 5",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  auto: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 7l6.5-1M12 12h9M12 17l6.5 1",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 4 6 4 9s-1 6-4 9c-3-3-4-6-4-9s1-6 4-9z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.6-4.5 3.5-6.5 7.5-6.5s6.9 2 7.5 6.5",
  leave: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  warn: "M12 4L2.5 20h19zM12 10v4.5M12 17.3h.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.7h.01",
  say: "M4 5h16v11H10l-4.5 4v-4H4z",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5h4",
  vote: "M4 20V10h4v10zM10 20V4h4v16zM16 20v-7h4v7z",
  door: "M6 21V3h12v18M4 21h16M14.5 12h.01",
  key: "M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 12h9M18 12v3.5M21 12v2.5",
  block: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.8 5.8l12.4 12.4",
  pen: "M4 20l1-4.5L16 4.5 19.5 8 8.5 19z",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.5l3.5 2",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17",
  up: "M6 14.5l6-6 6 6",
  flow: "M6 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6 21a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM18 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6 8v8M6 12h9.5",
  fork: "M6 21v-6c0-3 12-3 12-7V4M6 15V4M3 7l3-3 3 3M15 7l3-3 3 3",
  plug: "M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4.5",
  send: "M21 3L10 14M21 3l-7 18-4-7-7-4z",
  campaign: "M4 10v4h3l8 5V5L7 10zM18.500 9a4 4 0 0 1 0 6M7.500 14l1.500 6h2.500l-1-5",
  play: "M7 4.5v15l12-7.5z",
  pause: "M8 5v14M16 5v14",
  gone: "M14 4H5v16h9M21 12H10M13.5 8.5L10 12l3.5 3.5",
};
const CUP = ["M10 18c3-7 8-9 14-9s11 2 14 9z", "M21 9c0-4 6-4 6 0", "M9 22h30c0 9-5 15-11 16h-8C14 37 9 31 9 22z", "M12 42h24"];

export function icon(name) {
  return s("svg.icon", { viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: PATHS[name] || PATHS.info }));
}

export function cup() {
  return s(
    "svg.cup",
    { viewBox: "0 0 48 48", "aria-hidden": "true" },
    CUP.map((d) => s("path", { d })),
  );
}

/** Two quiet threads of steam over a cup: for rooms that are still empty. */
export function steamingCup() {
  const steam = s("g.steam", {}, s("path", { d: "M19 3c-2-3 2-4 0-7" }), s("path", { d: "M29 3c-2-3 2-4 0-7" }));
  return s(
    "svg.cup.big",
    { viewBox: "0 -8 48 56", "aria-hidden": "true" },
    steam,
    CUP.map((d) => s("path", { d })),
  );
}
