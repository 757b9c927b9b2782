import { Refused, TwofoldError, unknownOutcome } from "./errors.js";
import { byteLength } from "./text.js";

/**
 * Publishes on their way: in order, never more unanswered than the broker's window takes.
 *
 * When the connection is lost, those that were not sent yet go out over the next one. The outcome of
 * the others is unknown, unless a producer numbers the records: then they are sent again, and the
 * broker knows by the numbers what it has. A number is used up only once its record is stored, so
 * numbered publishes go one at a time.
 */
export class Publisher {
  #producer;
  #session = null;
  #welcome;
  #waiting = []; // not sent
  #unanswered = new Map(); // by id
  #bytes = 0; // of the unanswered
  #writers = []; // calls of writable()
  #sequences = new Map(); // by topic: the producer's next number

  constructor(producer) {
    this.#producer = producer;
  }

  get isIdle() {
    return this.#waiting.length === 0 && this.#unanswered.size === 0;
  }

  add(frame) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject });
      this.#pump();
    });
  }

  async writable() {
    while (this.#waiting.length > 0 || !this.#hasRoom(0)) {
      await new Promise((resolve, reject) => this.#writers.push({ resolve, reject }));
    }
  }

  begin(session, welcome) {
    this.#session = session;
    this.#welcome = welcome;
    this.#pump();
  }

  /** The connection takes nothing new any more. */
  pause() {
    this.#session = null;
  }

  /** Whether this was the answer to a publish. */
  answer(frame) {
    const entry = this.#unanswered.get(frame.id);
    if (!entry) return false;
    this.#unanswered.delete(frame.id);
    this.#bytes -= entry.bytes;
    if (frame.type !== "error") {
      if (entry.numberedUpto !== undefined) this.#sequences.set(entry.frame.topic, entry.numberedUpto);
      entry.resolve(frame);
    } else if (frame.problem.code === "draining") {
      this.#putBack([entry]); // certainly not written: the next connection takes it
    } else {
      entry.reject(new Refused(frame.problem));
    }
    this.#pump();
    return true;
  }

  lost(why) {
    this.#session = null;
    const entries = [...this.#unanswered.values()];
    this.#unanswered.clear();
    this.#bytes = 0;
    this.#putBack(entries.filter((entry) => entry.numberedUpto !== undefined));
    for (const entry of entries) if (entry.numberedUpto === undefined) entry.reject(unknownOutcome(why));
  }

  end(error) {
    for (const entry of this.#unanswered.values()) entry.reject(unknownOutcome(error.message));
    for (const entry of [...this.#waiting, ...this.#writers]) entry.reject(error);
    this.#waiting = this.#writers = [];
    this.#unanswered.clear();
  }

  // One publish always goes, however large.
  #hasRoom(bytes) {
    if (!this.#session) return false;
    const window = this.#welcome.publish_window;
    const framesMax = this.#producer ? 1 : window.frames;
    const frames = this.#unanswered.size;
    return frames === 0 || (frames < framesMax && this.#bytes + bytes <= window.bytes);
  }

  #pump() {
    while (this.#waiting.length > 0 && this.#hasRoom(0)) {
      const [next] = this.#waiting;
      if (!next.text) this.#encode(next);
      const bytesMax = this.#welcome.limits?.frame_bytes_max ?? Infinity;
      if (next.bytes > bytesMax) {
        this.#waiting.shift().reject(new TwofoldError(
          `This publish has ${next.bytes} bytes, the broker takes ${bytesMax} at once: split it.`));
        continue;
      }
      if (!this.#hasRoom(next.bytes)) return;
      this.#waiting.shift();
      this.#unanswered.set(next.frame.id, next);
      this.#bytes += next.bytes;
      this.#session.send(next.text);
    }
    if (this.#waiting.length === 0 && this.#hasRoom(0)) {
      for (const writer of this.#writers.splice(0)) writer.resolve();
    }
  }

  #encode(entry) {
    const { frame } = entry;
    if (this.#producer && frame.topic) {
      const { id, epoch = 0, seq = 0 } = this.#producer;
      const first = this.#sequences.get(frame.topic) ?? seq;
      frame.records = frame.records.map((record, i) => ({ ...record, producer: { id, epoch, seq: first + i } }));
      entry.numberedUpto = first + frame.records.length;
    }
    entry.text = JSON.stringify(frame);
    entry.bytes = byteLength(entry.text);
  }

  #putBack(entries) {
    this.#waiting = [...entries, ...this.#waiting].sort((a, b) => a.frame.id - b.frame.id);
  }
}
