// Days as bars: what came above the line, what left below it; small inline SVG, drawn anew when its place changes size.

import { fill, h, s } from "./dom.js";
import { number, shortDay } from "./format.js";
import { t } from "./words.js";

const HEIGHT = 220;
const EDGE = { top: 14, right: 6, bottom: 24, left: 40 };

/** days: [{day, …}]; up, down: [[name, words], …] of numbers in each day. A table says the same to those who cannot see. */
export function chart({ label, days, up, down = [], line = null }) {
  const place = h("div.plot");
  const watch = new ResizeObserver(
    ([{ contentRect }]) => contentRect.width && fill(place, draw({ label, days, up, down, line, width: contentRect.width })),
  );
  watch.observe(place);
  const keys = [...up, ...down, ...(line ? [line] : [])];
  const legend = h(
    "div.legend",
    { "aria-hidden": "true" },
    keys.map(([name, words]) => h("span", {}, h("i", { class: `c-${name}` }), words)),
  );
  return h("figure.chart", {}, legend, place, h("details", {}, h("summary", {}, t("as_table")), numbers(label, days, keys)));
}

function numbers(label, days, keys) {
  const rows = [...days].reverse().map((entry) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, entry.day),
      keys.map(([name]) => h("td.number", {}, number(entry[name]))),
    ),
  );
  return h(
    "div.scroll",
    {},
    h(
      "table.plain",
      { "aria-label": label },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, t("day")),
          keys.map(([, words]) => h("th.number", { scope: "col" }, words)),
        ),
      ),
      h("tbody", {}, rows),
    ),
  );
}

function draw({ label, days, up, down, line, width }) {
  const sum = (entry, names) => names.reduce((all, [name]) => all + (entry[name] || 0), 0);
  const top = nice(Math.max(1, ...days.map((entry) => sum(entry, up))));
  const low = down.length ? nice(Math.max(...days.map((entry) => sum(entry, down)))) : 0;
  const y = (value) => EDGE.top + ((top - value) / (top + low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const step = (width - EDGE.left - EDGE.right) / Math.max(1, days.length);
  const at = { y, step, bar: Math.max(2, Math.min(26, step * 0.62)), top, low, width };
  const columns = days.map((entry, n) => column(entry, n, { up, down, line }, at));
  return s(
    "svg",
    { width, height: HEIGHT, role: "img", "aria-label": label },
    grid(at),
    columns,
    line && path(days, line[0], at),
    dates(days, at),
  );
}

const nice = (value) => {
  if (value <= 0) return 0;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * unit).find((step) => step >= value) ?? value;
};

function grid({ y, top, low, width }) {
  const marks = [top, top / 2, 0, ...(low ? [-low] : [])].filter((mark) => Number.isInteger(mark));
  return marks.map((mark) => [
    s(mark === 0 ? "line.axis" : "line.rule", { x1: EDGE.left, x2: width - EDGE.right, y1: y(mark), y2: y(mark) }),
    s("text.scale", { x: EDGE.left - 8, y: y(mark) + 4, "text-anchor": "end" }, number(Math.abs(mark))),
  ]);
}

function column(entry, n, { up, down, line }, { y, step, bar, width }) {
  const x = EDGE.left + n * step + (step - bar) / 2;
  const words = [...up, ...down, ...(line ? [line] : [])].map(([name, label]) => `${label} ${number(entry[name] || 0)}`);
  const bars = [...pile(entry, up, 1, { x, y, bar }), ...pile(entry, down, -1, { x, y, bar })];
  const reach = s("rect.reach", { x: EDGE.left + n * step, y: 0, width: Math.min(step, width), height: HEIGHT - EDGE.bottom });
  return s("g.day", {}, s("title", {}, `${entry.day}\n${words.join(" · ")}`), reach, bars);
}

function pile(entry, names, sign, { x, y, bar }) {
  let base = 0;
  return names
    .filter(([name]) => entry[name] > 0)
    .map(([name]) => {
      const [from, to] = [base, base + entry[name]];
      base = to;
      const height = Math.max(1.5, Math.abs(y(sign * to) - y(sign * from)));
      return s("rect", { class: `c-${name}`, x, width: bar, y: sign > 0 ? y(to) : y(-from), height, rx: Math.min(2.5, bar / 4) });
    });
}

function path(days, name, { y, step }) {
  const points = days.map((entry, n) => `${EDGE.left + (n + 0.5) * step},${y(entry[name] || 0)}`);
  return s("polyline", { class: `c-${name}`, points: points.join(" ") });
}

function dates(days, { step, width }) {
  const every = Math.max(1, Math.ceil(days.length / Math.max(2, Math.floor(width / 90))));
  return days.map((entry, n) => {
    const left = days.length - 1 - n;
    return (
      left % every === 0 &&
      s(
        "text.scale",
        { x: EDGE.left + (n + 0.5) * step, y: HEIGHT - 6, "text-anchor": left === 0 && step < 30 ? "end" : "middle" },
        shortDay(entry.day),
      )
    );
  });
}
