import { Emitter } from "./emitter.js";
import { Closed, ConnectionLost } from "./errors.js";
import { Message } from "./message.js";
import { byteLength } from "./text.js";

const TOPIC_CREDIT = { messages: 1000 };
const QUEUE_CREDIT = { messages: 10 };
const RETRY_MS = 1_000;
const DONE = { value: undefined, done: true };

/**
 * Records of a topic or messages of a queue, as an async iterator.
 *
 * What was handed out is processed when the next is asked for. After a lost connection a topic goes on
 * behind the last batch that was processed as a whole, and leaves out what was handed out of the next;
 * a group goes on where it has committed; a queue's messages come again by themselves.
 */
export class Subscription extends Emitter {
  #client;
  #options;
  #settles; // messages are settled one by one
  #grants; // it is us who give credit back
  #credit;
  #owed = { messages: 0, bytes: 0 }; // credit not given back yet
  #batches = []; // {items, at, cursor, bytes}
  #takers = []; // calls of next() that wait
  #handed = 0; // not processed yet
  #held = new Set(); // receipts handed out and not settled
  #reached; // the cursor behind what was handed out
  #offsets = new Map(); // by partition: handed out last
  #attempts = 0;
  #early = [];
  #isOpen = false;
  #drained = null; // when draining: called once nothing is in hand
  #ended = null; // {error}, without one when that was the plan
  #settleOpened;

  constructor(client, sub, { credit, ...options }) {
    super();
    this.sub = sub;
    this.#reached = this.cursor = options.resume;
    this.lag = undefined;
    this.#client = client;
    this.#credit = credit ?? (options.queue ? QUEUE_CREDIT : TOPIC_CREDIT);
    this.#settles = options.queue !== undefined && options.ack !== "on_send";
    this.#grants = !this.#settles && this.#credit !== "auto" && this.#credit.replenish !== "manual";
    const manual = options.queue && this.#grants ? { replenish: "manual" } : {};
    this.#options = { ...options, credit: this.#credit === "auto" ? "auto" : { ...this.#credit, ...manual } };
    this._opened = new Promise((resolve, reject) => (this.#settleOpened = { resolve, reject }));
    this._opened.catch(() => {});
  }

  // --- taking --------------------------------------------------------------------------------------

  [Symbol.asyncIterator]() {
    return this;
  }

  async next() {
    this.#processed();
    const item = this.#take();
    if (item) return { value: item, done: false };
    if (this.#ended?.error) throw this.#ended.error;
    if (this.#ended || this.#drained) return DONE;
    return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
  }

  /** Leaving the loop ends the subscription. */
  async return() {
    await this.unsubscribe();
    return DONE;
  }

  #take() {
    const [batch] = this.#batches;
    if (!batch || this.#drained) return undefined;
    const item = batch.items[batch.at++];
    if (batch.at === batch.items.length) this.#pass(this.#batches.shift());
    this.#handed += 1;
    if (this.#settles) this.#held.add(item.receipt);
    else this.#offsets.set(item.partition, item.offset);
    return item;
  }

  #pass({ cursor, bytes }) {
    this.#reached = cursor;
    this.#owed.bytes += bytes;
  }

  #processed() {
    this.#owed.messages += this.#handed;
    this.#handed = 0;
    this.cursor = this.#reached;
    this.#giveBack();
    this.#sayDrained();
  }

  #giveBack() {
    const { messages, bytes } = this.#owed;
    const isDue = messages * 2 >= this.#credit.messages || bytes * 2 >= this.#credit.bytes;
    if (!this.#grants || !isDue || messages + bytes === 0) return;
    this.grant(messages, this.#credit.bytes && bytes);
    this.#owed = { messages: 0, bytes: 0 };
  }

  /** Allows the broker to send so many more, beyond the credit given so far. */
  grant(messages, bytes) {
    this.#client._tell({ type: "credit", sub: this.sub, messages, bytes });
  }

  // --- what comes ----------------------------------------------------------------------------------

  _receive(frame, text) {
    switch (frame.type) {
      case "messages":
        return this.#add(frame, text);
      case "lost":
        this.#drop((message) => frame.receipts.includes(message.receipt));
        this._letGo(frame.receipts);
        break;
      case "revoked":
        this.#drop((record) => frame.partitions?.includes(record.partition));
        break;
      case "caught_up":
        this.#arrive([], frame.cursor);
    }
    this.#happened(frame.type, frame);
  }

  // What happens before subscribe() has returned is told once somebody can listen.
  #happened(name, detail) {
    if (this.#early) return this.#early.push([name, detail]);
    const isLoss = name === "lost" || name === "gap";
    if (!this._emit(name, detail) && isLoss) console.warn("twofold:", JSON.stringify(detail));
  }

  #tellEarly() {
    const early = this.#early ?? [];
    this.#early = null;
    for (const [name, detail] of early) this.#happened(name, detail);
  }

  _heartbeat(state) {
    this.lag = state.lag?.count ?? state.lag;
    if (state.cursor) this.#arrive([], state.cursor);
    this.#happened("heartbeat", state);
  }

  #add({ messages, cursor }, text) {
    const isNew = ({ partition, offset }) => !(offset <= this.#offsets.get(partition));
    const items = this.#settles ? messages.map((fields) => new Message(fields, this)) : messages.filter(isNew);
    this.#owed.messages += messages.length - items.length;
    // Credit counts the bytes of the records, as they stand in the frame.
    const bytes = this.#credit.bytes ? byteLength(text.slice(text.indexOf("[") + 1, text.lastIndexOf("]"))) : 0;
    this.#arrive(items, cursor, bytes);
  }

  #arrive(items, cursor, bytes = 0) {
    if (this.#ended) return;
    const last = this.#batches.at(-1);
    if (items.length > 0) this.#batches.push({ items, at: 0, cursor, bytes });
    else if (last) Object.assign(last, { cursor, bytes: last.bytes + bytes });
    else this.#pass({ cursor, bytes });
    while (this.#takers.length > 0 && this.#batches.length > 0 && !this.#drained) {
      this.#takers.shift().resolve({ value: this.#take(), done: false });
    }
    if (this.#handed === 0) this.#processed();
  }

  #drop(unwanted) {
    for (const batch of this.#batches) {
      const items = batch.items.slice(batch.at).filter((item) => !unwanted(item));
      this.#owed.messages += batch.items.length - batch.at - items.length;
      Object.assign(batch, { items, at: 0 });
    }
    for (const batch of this.#batches) if (batch.items.length === 0) this.#pass(batch);
    this.#batches = this.#batches.filter((batch) => batch.items.length > 0);
  }

  // --- settling, committing, seeking -----------------------------------------------------------------

  /** One result for each message, in their order. */
  async ack(messages) {
    return this.#settle({ type: "ack", receipts: messages.map(({ receipt }) => receipt) }, messages);
  }

  async _nack(message, options = {}) {
    const [result] = await this.#settle({ type: "nack", items: [{ receipt: message.receipt, ...options }] }, [message]);
    return result;
  }

  async _extend({ receipt }, visibility_timeout) {
    const [result] = await this.#settle({ type: "extend", items: [{ receipt, visibility_timeout }] }, []);
    return result;
  }

  async #settle(frame, messages) {
    const { results } = await this.#request(frame);
    this._letGo(messages.map(({ receipt }) => receipt));
    return results;
  }

  /** These messages are in nobody's hand any more. */
  _letGo(receipts) {
    for (const receipt of receipts) this.#held.delete(receipt);
    this.#sayDrained();
  }

  /** A group's: everything that was handed out is done. */
  async commit(cursor = this.#reached) {
    if (cursor !== undefined) await this.#request({ type: "commit", cursor });
  }

  /** Goes on from another place; what waits to be handed out is forgotten. */
  async seek(to) {
    await this.#request({ type: "seek", to }, { heard: ({ cursor }) => this.#begin(cursor) });
  }

  async #request(frame, options) {
    if (this.#ended) throw this.#ended.error ?? new Closed("The subscription is closed.");
    return this.#client._request({ ...frame, sub: this.sub }, options);
  }

  // --- beginning and ending --------------------------------------------------------------------------

  /** At the beginning of every session. */
  async _open() {
    if (this.#ended) return;
    const attempt = ++this.#attempts;
    const goesOn = this.cursor !== undefined && !this.#options.group;
    const place = goesOn ? { from: undefined, resume: this.cursor } : {};
    const heard = ({ cursor }) => this.#opened(goesOn, cursor);
    try {
      const frame = { type: "subscribe", sub: this.sub, ...this.#options, ...place };
      await this.#client._request(frame, { here: true, heard });
    } catch (error) {
      if (error instanceof ConnectionLost || error.code === "draining") return; // the next session will
      if (!this.#isOpen || !error.retryable) return this._fail(error);
      setTimeout(() => attempt === this.#attempts && this._open(), RETRY_MS);
    }
  }

  #opened(goesOn, cursor) {
    if (!goesOn) this.#begin(cursor);
    if (!this.#isOpen) setTimeout(() => this.#tellEarly());
    this.#isOpen = true;
    this.#settleOpened.resolve();
  }

  #begin(cursor) {
    this.#drop(() => true);
    this.#offsets.clear();
    this.#reached = this.cursor = cursor;
  }

  /** The connection is gone, and what it brought but for what is in hand. */
  _lost() {
    this.#attempts += 1;
    this.#batches = [];
    this.#owed = { messages: 0, bytes: 0 };
  }

  /** Resolves when nothing is in hand; nothing is handed out from now on. */
  _drain() {
    return new Promise((resolve) => {
      this.#drained = resolve;
      for (const taker of this.#takers.splice(0)) taker.resolve(DONE);
      this.#sayDrained();
    });
  }

  #sayDrained() {
    if (this.#settles ? this.#held.size === 0 : this.#handed === 0) this.#drained?.();
  }

  /** Messages in flight go back at once, unless they are kept until their time is over. */
  async unsubscribe({ release = true } = {}) {
    if (this.#ended) return;
    const asked = this.#isOpen && this.#request({ type: "unsubscribe", release }, { here: true });
    this._end();
    await Promise.resolve(asked).catch(() => {}); // a lost connection has done it
  }

  _fail(error) {
    this._end(error);
    this.#settleOpened.reject(error);
  }

  _end(error) {
    if (this.#ended) return;
    this.#ended = { error };
    this.#client._forget(this);
    if (!error || this.#settles) this.#batches = [];
    for (const { resolve, reject } of this.#takers.splice(0)) error ? reject(error) : resolve(DONE);
    this.#drained?.();
  }
}
