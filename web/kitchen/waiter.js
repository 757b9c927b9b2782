// The waiter: writes orders, one or fifty a second, over one connection.
import { signal } from "../vendor/signals-core.js";
import { connect } from "../core/client.js";
import { order } from "./menu.js";

const TICK_MS = 100;

export class Waiter {
  #client = null;
  #place;
  #owed = 0;
  #timer;
  #onError;

  constructor(place, { onError }) {
    this.#place = place; // a function: {topic, queue, isAttached}
    this.#onError = onError;
    this.shown = signal({ rate: 0, table: 0, burnt: false });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  set(change) {
    this.shown.value = { ...this.shown.value, ...change };
  }

  async #connected() {
    this.#client ??= connect(location.origin, { client: "waiter" });
    try {
      return await this.#client;
    } catch (error) {
      this.#client = null;
      throw error;
    }
  }

  /** A queue with a log of its own is told, too: there are two logs then. */
  async take(n = 1, options = {}) {
    const { table, burnt } = this.shown.value;
    const records = Array.from({ length: n }, () => order({ table: table || undefined, burnt, ...options }));
    try {
      const client = await this.#connected();
      const { topic, queue, isAttached } = this.#place();
      const stored = client.publish(topic, records);
      if (isAttached) return await stored;
      const [places] = await Promise.all([stored, client.send(queue, records)]);
      return places;
    } catch (error) {
      this.#onError(error);
      return [];
    }
  }

  #tick() {
    const { rate } = this.shown.value;
    if (rate === 0 || document.hidden) return;
    this.#owed = Math.min(this.#owed + (rate * TICK_MS) / 1_000, rate);
    const n = Math.floor(this.#owed);
    if (n === 0) return;
    this.#owed -= n;
    this.take(n);
  }

  async end() {
    clearInterval(this.#timer);
    (await this.#client?.catch(() => null))?.close();
  }
}
