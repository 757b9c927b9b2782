// A cook: a worker of the queue with a WebSocket of its own, through the client that everybody uses.
import { signal } from "../vendor/signals-core.js";
import { connect } from "../core/client.js";
import { pause } from "./pause.js";

/** state: off, idle, working, paused, crashed; all of it in one signal, for drawing. */
export class Cook {
  #client = null;
  #life = 0; // what belongs to an earlier one counts no more
  #onError;

  constructor(letter, { queue, onError }) {
    this.letter = letter;
    this.name = `cook-${letter.toLowerCase()}`;
    this.#onError = onError;
    this.shown = signal({ state: "off", queue, workMs: 1_500, speed: 1, done: 0 });
  }

  set(change) {
    this.shown.value = { ...this.shown.value, ...change };
  }

  get state() {
    return this.shown.value.state;
  }

  async start() {
    if (this.#client || this.state === "idle" || this.state === "working") return;
    const life = ++this.#life;
    this.set({ state: "idle" });
    try {
      const client = await connect(location.origin, { client: this.name });
      if (life !== this.#life) return client.close();
      this.#client = client;
      await this.#cook(client, life);
    } catch (error) {
      if (life === this.#life) {
        this.#client = null;
        this.set({ state: "off" });
        this.#onError(error);
      }
    }
  }

  async #cook(client, life) {
    const orders = await client.subscribe({ queue: this.shown.value.queue, credit: { messages: 1 } });
    orders.on("lost", () => {}); // the inspect stream says it to everybody
    for await (const order of orders) {
      if (life !== this.#life) return;
      this.set({ state: "working" });
      const { workMs, speed } = this.shown.value;
      await pause(workMs / speed);
      if (life !== this.#life) return;
      if (order.value?.burnt) await order.nack({ reason: "burnt" });
      else await order.ack();
      if (life !== this.#life) return;
      this.set({ state: "idle", done: this.shown.value.done + 1 });
    }
  }

  /** Finishes nothing, says nothing: the socket is gone, and the broker finds out. */
  crash() {
    if (!this.#client) return;
    this.#drop();
    this.set({ state: "crashed" });
  }

  /** In good order: what is in hand is finished, what was only handed over goes back. */
  async stop(state = "off") {
    const client = this.#client;
    if (!client) return this.set({ state });
    this.#client = null;
    this.set({ state });
    await client.drain({ timeout: 12_000 });
    this.#life += 1;
  }

  #drop() {
    this.#life += 1;
    this.#client?.close();
    this.#client = null;
  }

  end() {
    this.#drop();
    this.set({ state: "off" });
  }
}
