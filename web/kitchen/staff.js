// Those who work in the kitchen, each with a WebSocket of its own, through the client that everybody uses; and what they
// are asked for.
import { connect } from "../core/client.js";
import { token } from "../core/key.js";
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
  #prepare;

  constructor(place, { onError, prepare }) {
    this.#place = place; // a function: {topic, queue, isAttached}
    this.#onError = onError;
    this.#prepare = prepare; // resolves when there is a topic and a queue
    this.shown = signal({ rate: 0, table: 0, burnt: false });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  set(change) {
    this.shown.value = { ...this.shown.value, ...change };
  }

  async #connected() {
    this.#client ??= connect(location.origin, { client: "waiter", token });
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
      await this.#prepare();
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

// --- Cooks and readers: a WebSocket each, through the client that everybody uses

/** One that comes, works and goes. shown: all that is drawn of it in one signal; `first`: its state while it connects. */
class Staff {
  _client = null;
  #life = 0; // what belongs to an earlier one counts no more
  #first;
  #onError;
  #prepare;

  constructor(letter, kind, first, shown, { onError, prepare }) {
    this.letter = letter;
    this.name = `${kind}-${letter.toLowerCase()}`;
    this.#first = first;
    this.#onError = onError;
    this.#prepare = prepare;
    this.shown = signal({ state: "off", speed: 1, ...shown });
  }

  set(change) {
    this.shown.value = { ...this.shown.value, ...change };
  }

  get state() {
    return this.shown.value.state;
  }

  async start() {
    if (this._client || this.state === this.#first || this.state === "working") return;
    const life = ++this.#life;
    this.set({ state: this.#first });
    try {
      await this.#prepare();
      if (life !== this.#life) return;
      const client = await connect(location.origin, { client: this.name, token });
      if (life !== this.#life) return client.close();
      this._client = client;
      await this._work(client, () => life !== this.#life);
    } catch (error) {
      if (life === this.#life) {
        this._client = null;
        this.set({ state: "off" });
        this.#onError(error);
      }
    }
  }

  /** Finishes nothing, says nothing: the socket is gone, and the broker finds out. */
  crash() {
    if (["off", "crashed"].includes(this.state)) return; // also while it connects
    this._drop();
    this.set({ state: "crashed", at: undefined });
  }

  end() {
    this._drop();
    this.set({ state: "off", at: undefined });
  }

  _outlive() {
    this.#life += 1;
  }

  _drop() {
    this._outlive();
    this._client?.close();
    this._client = null;
  }
}

/** A worker of the queue. state: off, idle, working, paused, crashed. */
export class Cook extends Staff {
  constructor(letter, { queue, ...others }) {
    super(letter, "cook", "idle", { queue, workMs: 1_500, done: 0 }, others);
  }

  async _work(client, isOver) {
    const orders = await client.subscribe({ queue: this.shown.value.queue, credit: { messages: 1 } });
    orders.on("lost", () => {}); // the inspect stream says it to everybody
    for await (const order of orders) {
      if (isOver()) return;
      this.set({ state: "working" });
      const { workMs, speed } = this.shown.value;
      await pause(workMs / speed);
      if (isOver()) return;
      if (order.value?.burnt) await order.nack({ reason: "burnt" });
      else await order.ack();
      if (isOver()) return;
      this.set({ state: "idle", done: this.shown.value.done + 1 });
    }
  }

  /** In good order: what is in hand is finished, what was only handed over goes back. */
  async stop(state = "off") {
    const client = this._client;
    this._client = null;
    this.set({ state });
    if (!client) return;
    await client.drain({ timeout: 12_000 });
    this._outlive();
  }
}

/** A member of a group that commits each page. state: off, reading, stuck (on a page that it cannot read), paused, crashed. */
export class Reader extends Staff {
  #topic;
  #pages = null;
  #go = () => {};

  constructor(letter, { topic, ...others }) {
    super(letter, "reader", "reading", { readMs: 400, isShared: false, from: "earliest", at: undefined }, others);
    this.#topic = topic;
  }

  get group() {
    return this.shown.value.isShared ? sharedGroup(this.#topic) : readerGroup(this.#topic, this.letter.toLowerCase());
  }

  async _work(client, isOver) {
    const { from } = this.shown.value;
    this.#pages = await client.subscribe({ topic: this.#topic, group: this.group, from, credit: { messages: 5 } });
    this.#pages.on("gap", () => {}); // what retention tore is seen on the page
    for await (const page of this.#pages) {
      if (isOver()) return;
      this.set({ state: page.value?.burnt ? "stuck" : "reading", at: page });
      if (page.value?.burnt) await new Promise((resolve) => (this.#go = resolve));
      const { readMs, speed } = this.shown.value;
      await pause(readMs / speed);
      while (this.state === "paused" && !isOver()) await new Promise((resolve) => (this.#go = resolve));
      if (isOver()) return;
      await this.#pages.commit();
      if (isOver()) return;
      if (this.state !== "paused") this.set({ state: "reading", at: undefined });
    }
  }

  /** Past the page that it cannot read. */
  skip() {
    if (this.state === "stuck") this.resume();
  }

  pause() {
    this.set({ state: "paused" });
  }

  resume() {
    this.set({ state: "reading" });
    this.#go();
  }

  /** The group goes back, or on: to the first page, an offset, a time. */
  async seek(to) {
    await this.#pages?.seek(to);
    this.skip();
  }

  _drop() {
    super._drop();
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
