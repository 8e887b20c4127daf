// @ts-check
/**
 * Small plots: lines over time or any number, bars over categories, a ranking. Drawn as SVG, without a library.
 *
 * Each is a `figure` with a caption, a legend where there is more than one series, a drawing that is walked through by
 * the arrow keys, and the same numbers in a table. Colours come from plot.css: they differ in grey too, and lines have
 * dashes of their own, so nothing is told by colour alone (WCAG 1.4.1). Every word is the caller's.
 *
 *   root.append(plot.line({ title, tableLabel, x: { label }, y: { label }, series: [{ name, points: [[0, 1], [1, null]] }] }));
 *   root.append(plot.bars({ title, tableLabel, categories: ["Mon", "Tue"], x: { label }, y: { label }, stacked: true,
 *     series: [{ name, values: [3, 4] }] }));
 *   root.append(plot.ranking({ title, head: [reason, count], rows: [{ name, value }] }));
 */

import { drawnToWidth, legend, part, place, range, seriesClass, steppable, svg, table, ticks, usualFormat } from "./plot-parts.js";

/** @typedef {import("./plot-parts.js").Format} Format */
/** @typedef {{ label: string, format?: Format, from?: number, to?: number, ticks?: readonly number[] }} Axis */
/** @typedef {readonly [x: number, y: number | null]} Point  null: nothing was measured there, the line has a gap */
/** @typedef {{ name: string, points: readonly Point[], step?: boolean }} Line  `step`: holds its value until the next */
/** @typedef {{ from: number, to: number, label: string, colour?: string }} Span  `colour`: a CSS colour, to show it as it was */
/** @typedef {{ at: number, label: string }} Mark */
/**
 * @typedef {object} LinePlot
 * @property {string} title
 * @property {string} tableLabel what opens the table
 * @property {string} [summary] one sentence of what is to be seen, for who does not see it
 * @property {Axis} x
 * @property {Axis} y
 * @property {readonly Line[]} series
 * @property {readonly Span[]} [spans] parts of the x axis, shaded in turn; with a colour, as a strip above the lines
 * @property {readonly Mark[]} [limits] values of y
 * @property {number} [height] px, of the drawing
 */
/**
 * @typedef {object} BarPlot
 * @property {string} title
 * @property {string} tableLabel
 * @property {string} [summary]
 * @property {readonly string[]} categories
 * @property {{ label: string }} x
 * @property {Axis} y
 * @property {readonly { name: string, values: readonly (number | null)[] }[]} series
 * @property {boolean} [stacked] one bar for each category; else one beside the other
 * @property {number} [height]
 */
/** @typedef {{ name: string, value: number, shown?: string }} Ranked */

const HEIGHT = 168;
const STRIP = 14;
/** px of a letter of an axis, on average: what is reserved for them. */
const LETTER = 7;

/**
 * @param {LinePlot} asked
 * @returns {HTMLElement}
 */
export function line(asked) {
  const xFormat = asked.x.format ?? usualFormat();
  const yFormat = asked.y.format ?? usualFormat();
  const limits = asked.limits ?? [];
  const spans = asked.spans ?? [];
  const points = asked.series.flatMap((item) => item.points);
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b);
  const byX = asked.series.map((item) => new Map(item.points));
  const xRange = { from: asked.x.from ?? xs[0] ?? 0, to: asked.x.to ?? xs[xs.length - 1] ?? 1 };
  const yRange = range([...points.flatMap(([, y]) => (y === null ? [] : [y])), ...limits.map((item) => item.at)], asked.y);
  const values = (/** @type {number} */ x) => byX.map((map) => map.get(x) ?? null);
  const say = (/** @type {number} */ index) => {
    const x = /** @type {number} */ (xs[index]);
    const told = values(x).flatMap((y, i) => (y === null ? [] : [`${asked.series[i]?.name ?? ""} ${yFormat(y)}`]));
    const within = spans.filter((item) => item.from <= x && x < item.to).map((item) => item.label);
    return [`${asked.x.label} ${xFormat(x)}`, ...told, ...within].join(" · ");
  };
  const draw = (/** @type {HTMLElement} */ box, /** @type {HTMLElement} */ readout, /** @type {number} */ width) => {
    const above = spans.some((item) => item.colour !== undefined) ? STRIP + 4 : 0;
    const size = { width, height: asked.height ?? HEIGHT, above };
    const { drawing, across, up } = axes(asked.x, asked.y, xRange, yRange, size, xFormat, yFormat);
    spans.forEach((item, index) => drawing.prepend(...span(item, index, across, up)));
    asked.series.forEach((item, index) =>
      drawing.append(svg("path", { class: `plot-line ${seriesClass(index)}`, d: path(item, across, up) })),
    );
    for (const item of limits) {
      const y = place(up, item.at);
      drawing.append(
        svg("path", { class: "plot-limit", d: `M${across.start} ${y}H${across.end}` }),
        svg("text", { class: "plot-text", x: across.end - 2, y: y - 4, "text-anchor": "end" }, item.label),
      );
    }
    const cursor = svg("path", { class: "plot-cursor" });
    drawing.append(cursor);
    steppable(drawing, {
      count: xs.length,
      label: label(asked),
      say,
      show: (index) => {
        cursor.setAttribute("d", `M${place(across, /** @type {number} */ (xs[index]))} ${up.end}V${up.start}`);
        readout.textContent = say(index);
      },
      nearest: (px) => nearest(xs.map((x) => place(across, x)), px),
    });
    box.replaceChildren(drawing);
  };
  const rows = () => xs.map((x) => [xFormat(x), ...values(x).map((y) => (y === null ? "" : yFormat(y)))]);
  return figure(asked, "line", asked.series, draw, rows);
}

/**
 * @param {BarPlot} asked
 * @returns {HTMLElement}
 */
export function bars(asked) {
  const format = asked.y.format ?? usualFormat();
  const { categories, series, stacked = false } = asked;
  const valueAt = (/** @type {number} */ i, /** @type {number} */ k) => series[k]?.values[i] ?? null;
  const sums = categories.map((_, i) => series.reduce((sum, _one, k) => sum + (valueAt(i, k) ?? 0), 0));
  const tops = stacked ? sums : series.flatMap((item) => item.values.flatMap((value) => (value === null ? [] : [value])));
  const yRange = range([0, ...tops], asked.y);
  const say = (/** @type {number} */ i) => {
    const told = series.map((item, k) => `${item.name} ${shown(valueAt(i, k))}`);
    return [categories[i] ?? "", ...told].join(" · ");
  };
  const shown = (/** @type {number | null} */ value) => (value === null ? "–" : format(value));
  const draw = (/** @type {HTMLElement} */ box, /** @type {HTMLElement} */ readout, /** @type {number} */ width) => {
    const count = Math.max(1, categories.length);
    const every = Math.max(1, Math.ceil((count * (LETTER * longest(categories) + 8)) / Math.max(1, width - 60)));
    const xAxis = { label: asked.x.label, ticks: categories.map((_, i) => i + 0.5).filter((_, i) => i % every === 0) };
    const names = (/** @type {number} */ x) => categories[Math.floor(x)] ?? "";
    const size = { width, height: asked.height ?? HEIGHT, above: 0 };
    const { drawing, across, up } = axes(xAxis, asked.y, { from: 0, to: count }, yRange, size, names, format);
    const room = ((across.end - across.start) / count) * 0.78;
    const thick = Math.max(1, Math.min(48, stacked ? room : room / Math.max(1, series.length)));
    const cursor = svg("rect", { class: "plot-here", height: up.start - up.end, width: 0 });
    drawing.append(cursor);
    categories.forEach((_, i) => {
      let base = 0;
      series.forEach((_one, k) => {
        const value = valueAt(i, k) ?? 0;
        const middle = place(across, i + 0.5);
        const x = stacked ? middle - thick / 2 : middle + (k - series.length / 2) * thick;
        const from = stacked ? base : 0;
        const top = place(up, from + value);
        const height = Math.max(0, place(up, from) - top);
        base += value;
        if (value <= 0) return;
        drawing.append(svg("rect", { class: `plot-bar ${seriesClass(k)}`, x, y: top, width: thick, height }));
      });
    });
    steppable(drawing, {
      count: categories.length,
      label: label(asked),
      say,
      show: (index) => {
        cursor.setAttribute("x", String(place(across, index)));
        cursor.setAttribute("y", String(up.end));
        cursor.setAttribute("width", String((across.end - across.start) / count));
        readout.textContent = say(index);
      },
      nearest: (px) => nearest(categories.map((_, i) => place(across, i + 0.5)), px),
    });
    box.replaceChildren(drawing);
  };
  const rows = () => categories.map((name, i) => [name, ...series.map((_, k) => shown(valueAt(i, k)))]);
  return figure(asked, "bar", series, draw, rows);
}

/**
 * Names with a bar each, the largest first as they are given: a table that is its own plot.
 * @param {{ title: string, head: readonly [string, string], rows: readonly Ranked[], most?: number }} asked
 * @returns {HTMLElement}
 */
export function ranking({ title, head, rows, most = Math.max(1, ...rows.map((row) => row.value)) }) {
  const format = usualFormat();
  const top = part("tr", "", ...head.map((text) => Object.assign(part("th", "", text), { scope: "col" })));
  const lines = rows.map((row) => {
    const bar = part("span", "plot-rank");
    bar.style.setProperty("--share", String(Math.max(0, Math.min(1, row.value / most))));
    const value = part("td", "", bar, part("span", "", row.shown ?? format(row.value)));
    return part("tr", "", Object.assign(part("th", "", row.name), { scope: "row" }), value);
  });
  const caption = part("caption", "", title);
  return part("table", "plot plot-ranking", caption, part("thead", "", top), part("tbody", "", ...lines));
}

/**
 * @param {LinePlot | BarPlot} asked
 * @param {"line" | "bar"} kind
 * @param {readonly { name: string }[]} series
 * @param {(box: HTMLElement, readout: HTMLElement, width: number) => void} draw
 * @param {() => string[][]} rows
 */
function figure(asked, kind, series, draw, rows) {
  const box = part("div", "plot-box");
  box.style.setProperty("--height", `${asked.height ?? HEIGHT}px`);
  const readout = part("p", "plot-readout");
  // the slider says the same to who cannot see it
  readout.setAttribute("aria-hidden", "true");
  const made = part("figure", "plot", part("figcaption", "", asked.title));
  if (series.length > 1) made.append(legend(series, kind));
  made.append(box, readout, table(asked.tableLabel, asked.title, [asked.x.label, ...series.map((item) => item.name)], rows));
  drawnToWidth(box, (width) => draw(box, readout, width));
  return made;
}

/** @param {LinePlot | BarPlot} asked */
const label = (asked) => (asked.summary ? `${asked.title}: ${asked.summary}` : asked.title);

/** @param {readonly string[]} texts */
const longest = (texts) => Math.max(0, ...texts.map((text) => text.length));

/** @param {readonly number[]} places @param {number} px */
function nearest(places, px) {
  let best = 0;
  places.forEach((here, i) => {
    if (Math.abs(here - px) < Math.abs(/** @type {number} */ (places[best]) - px)) best = i;
  });
  return best;
}

/**
 * The empty drawing: grid, ticks and names of the axes.
 * @param {Axis} x @param {Axis} y
 * @param {{ from: number, to: number }} xRange @param {{ from: number, to: number }} yRange
 * @param {{ width: number, height: number, above: number }} size `above`: px kept free over the grid
 * @param {Format} xFormat @param {Format} yFormat
 */
function axes(x, y, xRange, yRange, { width, height, above }, xFormat, yFormat) {
  const yTicks = y.ticks ?? ticks(yRange.from, yRange.to, Math.max(2, Math.round(height / 48)));
  const left = Math.min(width / 3, 14 + LETTER * Math.max(1, longest(yTicks.map(yFormat))));
  const across = { ...xRange, start: left, end: width - 10 };
  const up = { ...yRange, start: height - 36, end: 22 + above };
  const wanted = Math.max(2, Math.floor((width - left) / (LETTER * (longest([xRange.from, xRange.to].map(xFormat)) + 5))));
  const xTicks = x.ticks ?? ticks(xRange.from, xRange.to, Math.min(8, wanted));
  const drawing = svg("svg", { class: "plot-drawing", width, height, viewBox: `0 0 ${width} ${height}` });
  for (const value of yTicks) {
    const at = place(up, value);
    drawing.append(
      svg("path", { class: "plot-grid", d: `M${across.start} ${at}H${across.end}` }),
      svg("text", { class: "plot-text", x: left - 6, y: at + 4, "text-anchor": "end" }, yFormat(value)),
    );
  }
  for (const value of xTicks) {
    const at = place(across, value);
    drawing.append(svg("text", { class: "plot-text", x: at, y: height - 20, "text-anchor": "middle" }, xFormat(value)));
  }
  drawing.append(
    svg("path", { class: "plot-axis", d: `M${across.start} ${up.start}H${across.end}` }),
    svg("text", { class: "plot-text", x: 2, y: 12 }, y.label),
    svg("text", { class: "plot-text", x: across.end, y: height - 4, "text-anchor": "end" }, x.label),
  );
  return { drawing, across, up };
}

/**
 * @param {Span} item @param {number} index
 * @param {import("./plot-parts.js").Scale} across @param {import("./plot-parts.js").Scale} up
 */
function span(item, index, across, up) {
  const start = Math.max(across.start, place(across, item.from));
  const width = Math.max(1, Math.min(across.end, place(across, item.to)) - start);
  if (item.colour !== undefined) {
    const strip = svg("rect", { class: "plot-strip", x: start, y: up.end - STRIP - 4, width, height: STRIP });
    strip.style.setProperty("fill", item.colour);
    return [strip];
  }
  const shade = svg("rect", { class: `plot-span${index % 2 ? " plot-span-odd" : ""}`, x: start, y: up.end, width, height: up.start - up.end });
  // words that do not fit are still in the readout
  const fits = item.label.length * LETTER < width;
  return fits ? [shade, svg("text", { class: "plot-text", x: start + 4, y: up.end + 12 }, item.label)] : [shade];
}

/**
 * @param {Line} item
 * @param {import("./plot-parts.js").Scale} across @param {import("./plot-parts.js").Scale} up
 */
function path(item, across, up) {
  let text = "";
  let begun = false;
  for (const [x, y] of item.points) {
    if (y === null) {
      begun = false;
      continue;
    }
    const px = place(across, x).toFixed(1);
    const py = Math.min(up.start, Math.max(up.end, place(up, y))).toFixed(1);
    text += begun ? (item.step ? `H${px}V${py}` : `L${px} ${py}`) : `M${px} ${py}h.01`;
    begun = true;
  }
  return text;
}
