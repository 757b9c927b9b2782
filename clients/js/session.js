import { milliseconds } from "./text.js";

const SUBPROTOCOL = "twofold.v1.json";
const WELCOME_MS_MAX = 10_000;
const CLOSE_MS_MAX = 2_000;

/**
 * One WebSocket, from opening to its end.
 *
 *   welcomed(welcome)   the broker has answered hello: frames may be sent
 *   received(frame, text)
 *   ended               a promise of {code, reason}; also of a peer that is gone without a word
 */
export class Session {
  #socket;
  #timer;
  #heardAt;
  #trouble = "";
  #sayEnded;

  constructor({ WebSocket, url, hello, welcomed, received }) {
    this.ended = new Promise((resolve) => (this.#sayEnded = resolve));
    this.#timer = setTimeout(() => this.end(1006, "no welcome in time"), WELCOME_MS_MAX);
    this.#socket = new WebSocket(url, [SUBPROTOCOL]);
    this.#socket.onopen = () => hello().then(
      (frame) => this.send(JSON.stringify(frame)), (error) => this.end(1006, error.message));
    this.#socket.onerror = (event) => (this.#trouble ||= event.message ?? "");
    this.#socket.onclose = ({ code, reason }) => this.#over(code, reason || this.#trouble);
    this.#socket.onmessage = ({ data }) => {
      this.#heardAt = Date.now();
      const frame = JSON.parse(data);
      if (frame.type === "welcome") {
        this.#watch(milliseconds(frame.heartbeat));
        welcomed(frame);
      } else {
        received(frame, data);
      }
    };
  }

  send(text) {
    this.#socket.send(text);
  }

  /** Closes in good order; `ended` follows when the broker has answered, or does not. */
  close() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(1006, "no answer to the close"), CLOSE_MS_MAX);
    this.#socket.close(1000);
  }

  /** It is over now, whatever the socket thinks. */
  end(code, reason) {
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#over(code, reason);
  }

  #over(code, reason) {
    clearTimeout(this.#timer);
    this.#sayEnded({ code, reason });
  }

  // Browsers cannot ping, so the frames of the API do.
  #watch(heartbeatMs) {
    clearTimeout(this.#timer);
    this.#timer = setInterval(() => {
      const silentMs = Date.now() - this.#heardAt;
      if (silentMs > 3 * heartbeatMs) this.end(1006, `nothing heard for ${silentMs} ms`);
      else if (silentMs > heartbeatMs) this.send('{"type":"ping","id":0}');
    }, heartbeatMs);
  }
}
