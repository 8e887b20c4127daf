// How pages are built: elements from calls, every text as text. Nothing here takes markup.

import { follow, Live } from "./words.js";

/** @typedef {Node | Live | string | number | null | undefined | false} Piece */
/** Lists of pieces within lists of pieces are one list. @typedef {Piece | readonly any[]} Child */
/**
 * `class`, `style` (by property, through the CSSOM, which the policy of the pages allows), `data`, `on` (listeners by
 * event); what an element has as state (`value`, `checked`, `disabled`, ...) as its property; all else as an attribute:
 * true is there without a value, false, null and undefined is not there, and a `Live` follows the language.
 * @typedef {{[name: string]: unknown, style?: Record<string, string>, data?: Record<string, string>,
 *   on?: Record<string, (event: any) => unknown>}} Props
 */

const SVG = "http://www.w3.org/2000/svg";
const STATE = new Set(["value", "checked", "selected", "disabled", "hidden", "indeterminate", "muted", "srcObject"]);

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props | null} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  dress(element, props);
  add(element, children);
  return element;
}

/**
 * The same for SVG.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Props | null} [props]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, props, ...children) {
  const element = /** @type {SVGElementTagNameMap[K]} */ (document.createElementNS(SVG, tag));
  dress(element, props);
  add(element, children);
  return element;
}

/**
 * Puts children at the end of `parent`; a `Live` as a text that follows the language.
 * @param {Node} parent
 * @param {readonly Child[]} children
 */
export function add(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(parent, child);
    else parent.appendChild(piece(/** @type {Node | Live | string | number} */ (child)));
  }
}

/**
 * Instead of what was in `parent`.
 * @param {Element} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren();
  add(parent, children);
}

/**
 * Gives the focus to the heading of a screen that was just shown, so that whoever hears the page hears where they are,
 * and the page's title with it.
 * @param {Element} root
 */
export function arrive(root) {
  const heading = root.querySelector("h1, h2");
  if (!(heading instanceof HTMLElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** @param {Node | Live | string | number} child */
function piece(child) {
  if (child instanceof Node) return child;
  if (!(child instanceof Live)) return document.createTextNode(String(child));
  const text = document.createTextNode("");
  follow(text, (node) => {
    node.data = child.say();
  });
  return text;
}

/** @param {Element} element @param {Props | null | undefined} props */
function dress(element, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === "on") listen(element, /** @type {NonNullable<Props["on"]>} */ (value));
    else if (name === "style") paint(element, /** @type {Record<string, string>} */ (value));
    else if (name === "data") Object.assign(/** @type {HTMLElement} */ (element).dataset, value);
    else if (value instanceof Live) follow(element, (node) => node.setAttribute(name, value.say()));
    else if (STATE.has(name)) Reflect.set(element, name, value ?? (name === "value" ? "" : false));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
}

/** @param {Element} element @param {NonNullable<Props["on"]>} listeners */
function listen(element, listeners) {
  for (const [event, listener] of Object.entries(listeners)) element.addEventListener(event, listener);
}

/** @param {Element} element @param {Record<string, string>} style */
function paint(element, style) {
  for (const [name, value] of Object.entries(style)) {
    /** @type {HTMLElement} */ (element).style.setProperty(name, value);
  }
}
