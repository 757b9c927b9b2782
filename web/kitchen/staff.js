// Those who work in the kitchen, each with a WebSocket of its own, through the client that everybody uses; and what they
// are asked for.
import { connect } from "../core/client.js";
import { signal } from "../vendor/signals-core.js";
import { readerGroup, sharedGroup } from "./setup.js";

// --- The waiter: writes orders, one or fifty a second, over one connection

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

// --- A cook: a worker of the queue with a WebSocket of its own, through the client that eve

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
    if (["off", "crashed"].includes(this.state)) return; // also while it connects
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

// --- A reader of the book: a member of a group with a WebSocket of its own, that commits ea

/** state: off, reading, stuck (on a page that it cannot read), paused, crashed. */
export class Reader {
  #topic;
  #client = null;
  #pages = null;
  #life = 0;
  #go = () => {};
  #onError;

  constructor(letter, { topic, onError }) {
    this.letter = letter;
    this.#topic = topic;
    this.#onError = onError;
    this.shown = signal({ state: "off", readMs: 400, speed: 1, isShared: false, from: "earliest", at: undefined });
  }

  get group() {
    return this.shown.value.isShared ? sharedGroup(this.#topic) : readerGroup(this.#topic, this.letter.toLowerCase());
  }

  set(change) {
    this.shown.value = { ...this.shown.value, ...change };
  }

  get state() {
    return this.shown.value.state;
  }

  async start() {
    if (this.#client || this.state === "reading") return;
    const life = ++this.#life;
    this.set({ state: "reading" });
    try {
      const client = await connect(location.origin, { client: `reader-${this.letter.toLowerCase()}` });
      if (life !== this.#life) return client.close();
      this.#client = client;
      await this.#read(client, life);
    } catch (error) {
      if (life === this.#life) {
        this.#client = null;
        this.set({ state: "off" });
        this.#onError(error);
      }
    }
  }

  async #read(client, life) {
    const { from } = this.shown.value;
    this.#pages = await client.subscribe({ topic: this.#topic, group: this.group, from, credit: { messages: 5 } });
    this.#pages.on("gap", () => {}); // what retention tore is seen on the page
    for await (const page of this.#pages) {
      if (life !== this.#life) return;
      this.set({ state: page.value?.burnt ? "stuck" : "reading", at: page });
      if (page.value?.burnt) await new Promise((resolve) => (this.#go = resolve));
      const { readMs, speed } = this.shown.value;
      await pause(readMs / speed);
      while (this.state === "paused" && life === this.#life) await new Promise((resolve) => (this.#go = resolve));
      if (life !== this.#life) return;
      await this.#pages.commit();
      if (life !== this.#life) return;
      if (this.state !== "paused") this.set({ state: "reading", at: undefined });
    }
  }

  /** Past the page that it cannot read. */
  skip() {
    if (this.state !== "stuck") return;
    this.set({ state: "reading" });
    this.#go();
  }

  pause() {
    this.set({ state: "paused" });
  }

  resume() {
    this.set({ state: "reading" });
    this.#go();
  }

  crash() {
    if (["off", "crashed"].includes(this.state)) return; // also while it connects
    this.#drop();
    this.set({ state: "crashed", at: undefined });
  }

  /** The group goes back, or on: to the first page, an offset, a time. */
  async seek(to) {
    await this.#pages?.seek(to);
    if (this.state === "stuck") this.skip();
  }

  end() {
    this.#drop();
    this.set({ state: "off", at: undefined });
  }

  #drop() {
    this.#life += 1;
    this.#client?.close();
    this.#client = null;
    this.#pages = null;
    this.#go();
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// --- What is ordered, and by whom. Pure

export const TABLES = [1, 2, 3, 4, 5, 6];
const DISHES = ["ramen", "gnocchi", "dal", "tacos", "pho", "risotto", "bibimbap", "falafel", "paella", "goulash"];
let next = 0;

/** An order as it is published: its key is the table, so that one table's orders stay in their order. */
export function order({ table, dish, burnt = false } = {}) {
  next += 1;
  const at = table ?? TABLES[next % TABLES.length];
  return { key: `table-${at}`, value: { dish: dish ?? DISHES[next % DISHES.length], table: at, ...(burnt && { burnt: true }) } };
}

/** The parts of a preview that a slip shows; a record that is none of ours shows its beginning. */
export function readOrder({ preview = "", key }) {
  try {
    const { dish, table, burnt } = JSON.parse(preview);
    if (dish !== undefined) return { dish: String(dish).slice(0, 24), table, burnt: burnt === true };
  } catch {
    // text, bytes, or JSON that was cut
  }
  return { dish: preview.slice(0, 24) || "…", table: String(key ?? "").slice(0, 12), burnt: false };
}
