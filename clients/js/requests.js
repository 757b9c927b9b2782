import { ConnectionLost, Refused, unknownOutcome } from "./errors.js";

/**
 * Everything with an answer that is not a publish. What is lost with the connection is asked again on
 * the next one: settling, committing and seeking twice does what once does. Two kinds are not:
 *
 *   once   its outcome is unknown then
 *   here   it belongs to this connection
 */
export class Requests {
  #session = null;
  #pending = new Map();

  get isIdle() {
    return this.#pending.size === 0;
  }

  /** `heard(answer)` is called before the next frame is looked at, the promise resolves after. */
  ask(frame, { once = false, here = false, heard = () => {} } = {}) {
    return new Promise((resolve, reject) => {
      if (here && !this.#session) throw new ConnectionLost("There is no connection.");
      const request = { once, here, heard, text: JSON.stringify(frame), sent: false, resolve, reject };
      this.#pending.set(frame.id, request);
      this.#send(request);
    });
  }

  #send(request) {
    if (!this.#session) return;
    request.sent = true;
    this.#session.send(request.text);
  }

  begin(session) {
    this.#session = session;
  }

  askAgain() {
    for (const request of this.#pending.values()) if (!request.sent) this.#send(request);
  }

  answer(frame) {
    const request = this.#pending.get(frame.id);
    if (!request) return;
    this.#pending.delete(frame.id);
    if (frame.type === "error") return request.reject(new Refused(frame.problem));
    request.heard(frame);
    request.resolve(frame);
  }

  lost(why) {
    this.#session = null;
    for (const [id, request] of this.#pending) {
      const unknown = request.once && request.sent;
      if (unknown || request.here) this.#pending.delete(id);
      if (unknown) request.reject(unknownOutcome(why));
      if (request.here) request.reject(new ConnectionLost("The connection was lost."));
      request.sent = false;
    }
  }

  end(error) {
    for (const { once, sent, reject } of this.#pending.values()) {
      reject(once && sent ? unknownOutcome(error.message) : error);
    }
    this.#pending.clear();
  }
}
