// Other tabs of the same browser. It has one session: where another tab opens another verification, this page would act on
// that without anybody knowing, so it steps aside; where the other tab is of the same one, this page keeps up with it.

const NAME = "visavis-verification";

/**
 * @param {string} verification the one of this page
 * @param {{elsewhere: () => void, moved: () => void}} react `elsewhere`: another one was opened; `moved`: this one went on
 * @returns {() => void} tells the other tabs that it went on here
 */
export function watchTabs(verification, { elsewhere, moved }) {
  const channel = new BroadcastChannel(NAME);
  channel.addEventListener("message", (event) => (event.data === verification ? moved() : elsewhere()));
  const tell = () => channel.postMessage(verification);
  tell();
  return tell;
}
