// Following a verification that goes on elsewhere: at the service, with a person, on another device.

import { readStatus } from "./context.js";

/** @typedef {import("./context.js").Context} Context */

const ASK_MS = 1000;
const ASK_LATER_MS = 15_000;
const KEEP_UP_MS = 10_000;

/**
 * Until something else is to be shown. A person's decision takes longer than a machine's.
 * @param {Context} context
 * @param {() => void} draw called where it stands differently, though the step is the same
 */
export async function changed(context, draw) {
  const { left, status: before } = context;
  for (;;) {
    await pause(context.status.state === "referred" ? ASK_LATER_MS : ASK_MS, left);
    const status = await readStatus(left);
    const moved = status.state !== context.status.state;
    context.status = status;
    if (status.next !== before.next || status.may_act !== before.may_act) return;
    if (moved) draw();
  }
}

/**
 * Keeps up with what happens while a step is shown that does not follow by itself: another tab, another device that took
 * over, the time that is over, a clerk who checked in person.
 * @param {Context} context
 * @param {() => void} moved
 */
export async function keepUp(context, moved) {
  const { left, status: before } = context;
  while (!left.aborted) {
    await pause(KEEP_UP_MS, left);
    const status = await context.refresh();
    if (status.state !== before.state || status.next !== before.next || status.may_act !== before.may_act) moved();
  }
}

/**
 * Over at once where the page comes to the front again; never where the step is left.
 * @param {number} milliseconds
 * @param {AbortSignal} left
 * @returns {Promise<void>}
 */
export function pause(milliseconds, left) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      left.removeEventListener("abort", end);
    };
    const over = () => {
      end();
      resolve();
    };
    const seen = () => {
      if (document.visibilityState === "visible") over();
    };
    const timer = setTimeout(over, milliseconds);
    document.addEventListener("visibilitychange", seen);
    left.addEventListener("abort", end);
  });
}
