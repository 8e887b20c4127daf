// The icons of the pages: lines on a field of 24 by 24, in the colour of the text beside them. They are never alone: words
// stand beside them.

import { svg } from "./dom.js";

/** @type {Record<string, string>} */
const PATHS = {
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.5 2",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5",
  face: "M12 3c-4.4 0-7 3.4-7 8.5S8 21 12 21s7-4.4 7-9.5S16.4 3 12 3M9 10.5v.01M15 10.5v.01M9 15.5c1.8 1.3 4.2 1.3 6 0",
  card: "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1M8.5 9a2 2 0 1 0 0 4 2 2 0 0 0 0-4M5.5 16c.5-1.6 5.5-1.6 6 0M14.5 10H18M14.5 14H18",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  share: "M12 15V4M8 7.5L12 4l4 3.5M5 12v8h14v-8",
  hand: "M8 11V5.5a1.5 1.5 0 0 1 3 0V10V4.5a1.5 1.5 0 0 1 3 0V10V6a1.5 1.5 0 0 1 3 0v8c0 4-2.5 6.5-6 6.5-3 0-4.5-1.5-6-4l-2-3.5c-.7-1.400 1-2.6 2.2-1.3L8 13.5z",
  question: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.700M12 16.700v.01",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v5.5M12 7.5v.01",
  warning: "M12 4L2.5 20h19zM12 10v4.5M12 17.2v.01",
  phone: "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1M11 18h2",
  save: "M12 4v11M8 11.5l4 3.5 4-3.5M5 20h14",
  erase: "M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 10.5v6M13.5 10.5v6",
  camera: "M4 7h3.5L9 5h6l1.5 2H20a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1M12 9.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3 12h18M12 3c3 2.5 3.5 6 3.5 9s-.5 6.5-3.5 9c-3-2.5-3.5-6-3.5-9S9 5.5 12 3",
  on: "M5 12h14M13 6l6 6-6 6",
  back: "M19 12H5M11 6l-6 6 6 6",
};

/**
 * @param {string} name one of those above, or the path of another
 * @param {string} [more] classes
 */
export function icon(name, more = "") {
  return svg(
    "svg",
    { class: `icon ${more}`.trim(), viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] ?? name }),
  );
}
