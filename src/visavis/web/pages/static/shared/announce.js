// One live region for the whole page, which does not chatter. What is said must be on the page to read as well.

const SETTLE_MS = 900;
const APART_MS = 2500;

/** @type {HTMLElement | null} */
let region = null;
let waiting = "";
let said = "";
let last = -Infinity;
let timer = 0;

function place() {
  if (region) return region;
  region = document.createElement("p");
  region.id = "live";
  region.className = "unseen";
  region.setAttribute("role", "status");
  document.body.append(region);
  return region;
}

/** Makes the region, so that it is there before it is used: a reader may miss what comes with it. */
export const prepareAnnouncements = () => void place();

/** Says it now, instead of advice that still waits: a step that was taken, what is asked for. @param {string} text */
export function announce(text) {
  cancel();
  said = "";
  speak(text);
}

/** Says it once it has lasted a moment, and not the same again while it stays; "" where there is nothing any more. @param {string} text */
export function advise(text) {
  if (text === waiting) return;
  cancel();
  if (!text || text === said) return;
  waiting = text;
  timer = setTimeout(
    () => {
      waiting = "";
      said = text;
      speak(text);
    },
    Math.max(SETTLE_MS, last + APART_MS - performance.now()),
  );
}

/** @param {string} text */
function speak(text) {
  last = performance.now();
  const node = place();
  node.textContent = node.textContent === text ? `${text}\u00a0` : text; // the same once more is a change as well
}

function cancel() {
  clearTimeout(timer);
  waiting = "";
}
