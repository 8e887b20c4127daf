// The connection to the recorder: texts both ways, and frames as far as there are credits.

const CREDITS = 4;
const MOST_WAITING = 1_000_000;

export class Link {
  #socket;
  #credits = CREDITS;
  #sequence = 0;
  #closed = false;

  /** `hear(message)` gets each message; `lost()` is called where the connection goes without a last word. */
  constructor(token, hear, lost) {
    this.#socket = new WebSocket(`ws://${location.host}/capture`);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.send("hello", { token });
    this.#socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "view") this.#credits += 1;
      hear(message);
    };
    this.#socket.onclose = () => {
      if (!this.#closed) lost();
      this.#closed = true;
    };
  }

  send(type, fields = {}) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, ...fields }));
  }

  get ready() {
    return this.#credits > 0 && this.#socket.readyState === WebSocket.OPEN && this.#socket.bufferedAmount < MOST_WAITING;
  }

  sendFrame(jpeg, seconds) {
    if (!this.ready) return;
    const message = new Uint8Array(16 + jpeg.byteLength);
    const header = new DataView(message.buffer);
    header.setUint8(0, 1);
    header.setUint32(4, this.#sequence);
    header.setFloat64(8, seconds);
    message.set(new Uint8Array(jpeg), 16);
    this.#credits -= 1;
    this.#sequence += 1;
    this.#socket.send(message);
  }

  close() {
    this.#closed = true;
    this.#socket.close();
  }
}
