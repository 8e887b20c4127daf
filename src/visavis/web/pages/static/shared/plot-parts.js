// @ts-check
/**
 * What plots are made of: scales, ticks, marks of SVG, the legend and the table beside them.
 *
 * Nothing here holds a word: callers bring their texts, in their reader's language.
 */

const SVG = "http://www.w3.org/2000/svg";
const MOST_SERIES = 5;

/** @typedef {(value: number) => string} Format */
/** @typedef {{ from: number, to: number, start: number, end: number }} Scale  from a value to a place in px */

/**
 * An element of SVG. Attributes alone: no style, so that a strict content security policy holds.
 * @param {string} tag
 * @param {Record<string, string | number | undefined>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * An element of HTML with a class and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} name of the class, or nothing
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function part(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children);
  return made;
}

/** @param {number} index @returns {string} the class of a series; colours begin anew after the fifth */
export const seriesClass = (index) => `plot-s${(index % MOST_SERIES) + 1}`;

/** @param {Scale} scale @param {number} value */
export function place(scale, value) {
  const share = (value - scale.from) / (scale.to - scale.from || 1);
  return scale.start + share * (scale.end - scale.start);
}

/**
 * Round values that cover a range, some `wanted` of them.
 * @param {number} from @param {number} to @param {number} wanted
 * @returns {number[]}
 */
export function ticks(from, to, wanted) {
  if (!(to > from)) return [from];
  const rough = (to - from) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = /** @type {number} */ ([1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999));
  const found = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i += 1) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/**
 * A range that begins and ends at round values.
 * @param {readonly number[]} values @param {{ from?: number | undefined, to?: number | undefined }} asked
 * @returns {{ from: number, to: number }}
 */
export function range(values, asked) {
  const known = values.filter(Number.isFinite);
  let from = asked.from ?? Math.min(...known, Infinity);
  let to = asked.to ?? Math.max(...known, -Infinity);
  if (!Number.isFinite(from)) from = 0;
  if (!Number.isFinite(to)) to = from + 1;
  if (to <= from) to = from + 1;
  const marks = ticks(from, to, 4);
  const step = marks.length > 1 ? /** @type {number} */ (marks[1]) - /** @type {number} */ (marks[0]) : to - from;
  return {
    from: asked.from ?? Math.floor(from / step + 1e-9) * step,
    to: asked.to ?? Math.ceil(to / step - 1e-9) * step,
  };
}

/** @returns {Format} numbers as the page's language writes them */
export function usualFormat() {
  const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined, { maximumFractionDigits: 2 });
  return (value) => numbers.format(value);
}

/** @param {readonly { name: string }[]} series @param {"line" | "bar"} kind @returns {HTMLElement} */
export function legend(series, kind) {
  const list = part("ul", "plot-legend");
  series.forEach((item, index) => {
    const sample = svg("svg", { class: "plot-sample", viewBox: "0 0 28 12", "aria-hidden": "true", focusable: "false" });
    if (kind === "line") sample.append(svg("path", { class: `plot-line ${seriesClass(index)}`, d: "M1 6H27" }));
    else sample.append(svg("rect", { class: `plot-bar ${seriesClass(index)}`, width: 28, height: 12 }));
    list.append(part("li", "", sample, item.name));
  });
  return list;
}

/**
 * The same numbers to read: made only once somebody opens it.
 * @param {string} label what opens it
 * @param {string} caption
 * @param {readonly string[]} head
 * @param {() => readonly (readonly string[])[]} rows each begins with what it is about
 * @returns {HTMLDetailsElement}
 */
export function table(label, caption, head, rows) {
  const details = part("details", "plot-table", part("summary", "", label));
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector("table")) return;
    const top = part("tr", "");
    for (const text of head) {
      const cell = part("th", "", text);
      cell.scope = "col";
      top.append(cell);
    }
    const body = part("tbody", "");
    for (const [first = "", ...rest] of rows()) {
      const lead = part("th", "", first);
      lead.scope = "row";
      body.append(part("tr", "", lead, ...rest.map((text) => part("td", "", text))));
    }
    const box = part("div", "plot-scroll", part("table", "", part("caption", "unseen", caption), part("thead", "", top), body));
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", caption);
    details.append(box);
  });
  return details;
}

/**
 * Draws now and whenever the width changes, so that letters keep their size on every screen.
 * @param {HTMLElement} box
 * @param {(width: number) => void} draw
 */
export function drawnToWidth(box, draw) {
  let last = 0;
  new ResizeObserver(() => {
    const width = Math.round(box.clientWidth);
    if (width === 0 || width === last) return;
    last = width;
    draw(width);
  }).observe(box);
}

/**
 * Makes a drawing a slider over its places, for keys and pointer alike (WCAG 2.1.1): what is under it is said in words.
 * @param {SVGElement} drawing
 * @param {{ count: number, label: string, say: (index: number) => string, show: (index: number) => void,
 *   nearest: (x: number) => number }} over
 */
export function steppable(drawing, over) {
  let at = 0;
  drawing.setAttribute("role", "slider");
  drawing.setAttribute("tabindex", "0");
  drawing.setAttribute("aria-label", over.label);
  drawing.setAttribute("aria-valuemin", "1");
  drawing.setAttribute("aria-valuemax", String(Math.max(1, over.count)));
  const go = (/** @type {number} */ index) => {
    at = Math.min(Math.max(0, index), over.count - 1);
    drawing.setAttribute("aria-valuenow", String(at + 1));
    drawing.setAttribute("aria-valuetext", over.say(at));
    over.show(at);
  };
  drawing.setAttribute("aria-valuenow", "1");
  drawing.setAttribute("aria-valuetext", over.count ? over.say(0) : "");
  if (!over.count) return;
  const far = Math.max(1, Math.round(over.count / 10));
  drawing.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    /** @type {Record<string, number>} */
    const to = {
      ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1,
      PageUp: at + far, PageDown: at - far, Home: 0, End: over.count - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    go(next);
  });
  drawing.addEventListener("focus", () => go(at));
  drawing.addEventListener("pointermove", (event) => go(over.nearest(event.clientX - drawing.getBoundingClientRect().left)));
}
