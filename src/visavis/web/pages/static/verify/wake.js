// Keeps the screen on while the holder looks at it without touching it (Screen Wake Lock). Where a browser cannot, or will
// not, the page works all the same.

/** @param {AbortSignal} signal until then */
export function stayAwake(signal) {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  const take = async () => {
    if (signal.aborted || document.visibilityState !== "visible") return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (signal.aborted) await lock.release();
    } catch {
      lock = null; // a battery that is low, or a browser that has none
    }
  };
  if (!("wakeLock" in navigator)) return;
  // it is lost whenever the page is hidden
  document.addEventListener("visibilitychange", take, { signal });
  signal.addEventListener("abort", () => void lock?.release().catch(() => undefined));
  void take();
}
