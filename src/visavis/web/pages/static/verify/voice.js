// What is asked for, said aloud: off until the holder wants it, and only by a voice that this device has itself, since
// others send what they say to another host.

import { language } from "../shared/words.js";

export class Voice {
  on = false;
  /** Told once voices are there: a browser may find them a moment later. */
  onThere = () => {};

  constructor() {
    if (typeof speechSynthesis === "undefined") return;
    speechSynthesis.addEventListener?.("voiceschanged", () => this.there && this.onThere(), { once: true });
  }

  /** Whether this device can say anything in the page's language. */
  get there() {
    return this.#voice() !== null;
  }

  /** @param {string} text */
  say(text) {
    const voice = this.on ? this.#voice() : null;
    if (!voice || !text) return;
    const said = new SpeechSynthesisUtterance(text);
    said.voice = voice;
    said.lang = voice.lang;
    speechSynthesis.cancel();
    speechSynthesis.speak(said);
  }

  hush() {
    if (typeof speechSynthesis !== "undefined") speechSynthesis.cancel();
  }

  /** @returns {SpeechSynthesisVoice | null} */
  #voice() {
    if (typeof speechSynthesis === "undefined") return null;
    const [main = ""] = language().toLowerCase().split("-");
    const own = speechSynthesis.getVoices().filter((voice) => voice.localService);
    return own.find((voice) => voice.lang.toLowerCase().replace("_", "-").split("-")[0] === main) ?? null;
  }
}
