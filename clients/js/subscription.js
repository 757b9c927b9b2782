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
 * a queue's messages come again by themselves. What is different for members of groups is in group.js.
 */
export class Subscription extends Emitter {
  _client;
  _options;
  #settles; // messages are settled one by one
  #grants; // it is us who give credit back
  #credit;
  #owed = { messages: 0, bytes: 0 }; // credit not given back yet
  _batches = []; // {items, at, cursor, bytes, epoch, partitions}; the first has items left
  _epoch = 0; // later cursors of one epoch cover all that earlier ones do
  #takers = []; // calls of next() that wait
  #handed = 0; // not processed yet
  #held = new Set(); // receipts handed out and not settled
  #reached; // the cursor behind what was handed out
  #offsets = new Map(); // by partition: handed out last
  #attempts = 0;
  #early = [];
  #isOpen = false;
  #isReady = false;
  #sayReady;
  #drained = null; // when draining: called once nothing is in hand
  #ended = null; // {error}, without one when that was the plan
  #settleOpened;

  constructor(client, sub, { credit, ...options }) {
    super();
    this.sub = sub;
    this.#reached = this.cursor = options.resume;
    this.lag = undefined;
    this._client = client;
    this.#credit = credit ?? (options.queue ? QUEUE_CREDIT : TOPIC_CREDIT);
    this.#settles = options.queue !== undefined && options.ack !== "on_send";
    this.#grants = !this.#settles && this.#credit !== "auto" && this.#credit.replenish !== "manual";
    const manual = options.queue && this.#grants ? { replenish: "manual" } : {};
    this._options = { ...options, credit: this.#credit === "auto" ? "auto" : { ...this.#credit, ...manual } };
    this._opened = new Promise((resolve, reject) => (this.#settleOpened = { resolve, reject }));
    this._opened.catch(() => {});
    this._ready = new Promise((resolve) => (this.#sayReady = resolve));
  }

  // --- taking --------------------------------------------------------------------------------------

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    this.#processed();
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
      this._serve();
    });
  }

  /** Hands out what is there to those who wait for it. */
  _serve() {
    while (this.#takers.length > 0) {
      const isOver = this.#ended || this.#drained;
      if (!isOver && this._isBusy()) return;
      const item = this.#take();
      if (!item && !isOver) return;
      const taker = this.#takers.shift();
      if (item) taker.resolve({ value: item, done: false });
      else if (this.#ended?.error) taker.reject(this.#ended.error);
      else taker.resolve(DONE);
    }
  }

  _isBusy() {
    return false;
  }

  /** Whoever waits hears of it, instead of getting a record. */
  _fails(error) {
    this.#takers.shift()?.reject(error);
  }

  /** Leaving the loop ends the subscription. */
  async return() {
    await this.unsubscribe();
    return DONE;
  }

  #take() {
    const [batch] = this._batches;
    if (!batch || this.#drained) return undefined;
    const item = batch.items[batch.at++];
    this.#handed += 1;
    this._note(item, batch);
    this.#passFinished();
    return item;
  }

  _note(item) {
    if (this.#settles) this.#held.add(item.receipt);
    else this.#offsets.set(item.partition, item.offset);
  }

  #passFinished() {
    while (this._batches.length > 0 && this._batches[0].at === this._batches[0].items.length) {
      this._pass(this._batches.shift());
    }
  }

  _pass({ cursor, bytes }) {
    this.#reached = cursor ?? this.#reached;
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
    this._client._tell({ type: "credit", sub: this.sub, messages, bytes });
  }

  // --- what comes ----------------------------------------------------------------------------------

  _receive(frame, text) {
    switch (frame.type) {
      case "messages":
        return this.#add(frame, text);
      case "lost":
        this._drop((message) => frame.receipts.includes(message.receipt));
        this._letGo(frame.receipts);
        break;
      case "caught_up":
        this.#arrive([], frame.cursor);
    }
    this._happened(frame.type, frame);
  }

  // What happens before subscribe() has returned is told once somebody can listen.
  _happened(name, detail) {
    if (this.#early) return this.#early.push([name, detail]);
    const isLoss = name === "lost" || name === "gap";
    if (!this._emit(name, detail) && isLoss) console.warn("twofold:", JSON.stringify(detail));
  }

  #tellEarly() {
    const early = this.#early ?? [];
    this.#early = null;
    for (const [name, detail] of early) this._happened(name, detail);
  }

  _heartbeat(state) {
    this.lag = state.lag?.count ?? state.lag;
    if (state.cursor) this.#arrive([], state.cursor);
    this._happened("heartbeat", state);
  }

  #add({ messages, cursor }, text) {
    const items = this.#settles ? messages.map((fields) => new Message(fields, this))
                                : messages.filter((record) => this._isNew(record));
    this.#owed.messages += messages.length - items.length;
    // Credit counts the bytes of the records, as they stand in the frame.
    const bytes = this.#credit.bytes ? byteLength(text.slice(text.indexOf("[") + 1, text.lastIndexOf("]"))) : 0;
    this.#arrive(items, cursor, bytes);
  }

  _isNew({ partition, offset }) {
    return !(offset <= this.#offsets.get(partition));
  }

  #arrive(items, cursor, bytes = 0) {
    if (this.#ended) return;
    const batch = { items, at: 0, cursor, bytes, epoch: this._epoch, partitions: this.partitions };
    const last = this._batches.at(-1);
    if (items.length > 0) this._batches.push(batch);
    else if (!last) this._pass(batch);
    else Object.assign(last, { bytes: last.bytes + bytes }, last.epoch === this._epoch && { cursor });
    this._serve();
    if (this.#handed === 0) this.#processed();
  }

  /** Forgets items; batches that had some become what `change` says. */
  _drop(unwanted, change) {
    for (const batch of this._batches) {
      const items = batch.items.slice(batch.at).filter((item) => !unwanted(item));
      const dropped = batch.items.length - batch.at - items.length;
      this.#owed.messages += dropped;
      if (dropped > 0) Object.assign(batch, { items, at: 0 }, change);
    }
    this.#passFinished();
  }

  // --- settling, seeking -----------------------------------------------------------------

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
    const { results } = await this._request(frame);
    this._letGo(messages.map(({ receipt }) => receipt));
    return results;
  }

  /** These messages are in nobody's hand any more. */
  _letGo(receipts) {
    for (const receipt of receipts) this.#held.delete(receipt);
    this.#sayDrained();
  }

  /** Goes on from another place; what waits to be handed out is forgotten. */
  async seek(to) {
    await this._insist(() =>
      this._request({ type: "seek", to }, { here: true, heard: ({ cursor }) => this._begin(cursor) }));
  }

  /** Asks when it can be asked, and again on the next connection. */
  _insist(ask) {
    return this._client._insist(this, ask);
  }

  async _request(frame, options) {
    if (this.#ended) throw this.#ended.error ?? new Closed("The subscription is closed.");
    return this._client._request({ ...frame, sub: this.sub }, options);
  }

  // --- beginning and ending --------------------------------------------------------------------------

  /** At the beginning of every session. */
  async _open() {
    if (this.#ended) return;
    const attempt = ++this.#attempts;
    const goesOn = this.cursor !== undefined && !this._options.group;
    const place = goesOn ? { from: undefined, resume: this.cursor } : {};
    const heard = ({ cursor }) => this.#opened(goesOn, cursor);
    try {
      const frame = { type: "subscribe", sub: this.sub, ...this._options, ...place };
      await this._client._request(frame, { here: true, heard });
    } catch (error) {
      if (error instanceof ConnectionLost || error.code === "draining") return; // the next session will
      if (!this.#isOpen || !error.retryable) return this._fail(error);
      setTimeout(() => attempt === this.#attempts && this._open(), RETRY_MS);
    }
  }

  #opened(goesOn, cursor) {
    if (!goesOn) this._begin(cursor);
    if (!this.#isOpen) setTimeout(() => this.#tellEarly());
    this.#isOpen = true;
    this.#settleOpened.resolve();
    if (!this._options.group) this._becomeReady();
  }

  /** Commits and seeks may be asked. */
  _becomeReady() {
    this.#isReady = true;
    this.#sayReady();
  }

  _begin(cursor) {
    this._drop(() => true);
    this.#offsets.clear();
    this.#reached = this.cursor = cursor;
  }

  /** The connection is gone, and what it brought but for what is in hand. */
  _lost() {
    this.#attempts += 1;
    this._batches = [];
    this.#owed = { messages: 0, bytes: 0 };
    if (!this.#isReady) return;
    this.#isReady = false;
    this._ready = new Promise((resolve) => (this.#sayReady = resolve));
  }

  /** Resolves when nothing is in hand; nothing is handed out from now on. */
  _drain() {
    return new Promise((resolve) => {
      this.#drained = resolve;
      this._serve();
      this.#sayDrained();
    });
  }

  #sayDrained() {
    if (this.#settles ? this.#held.size === 0 : this.#handed === 0) this.#drained?.();
  }

  /** Messages in flight go back at once, unless they are kept until their time is over. */
  async unsubscribe({ release = true } = {}) {
    if (this.#ended) return;
    const asked = this.#isOpen && this._request({ type: "unsubscribe", release }, { here: true });
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
    this._client._forget(this);
    if (!error || this.#settles) this._batches = [];
    this._serve();
    this.#sayReady();
    this.#drained?.();
  }
}
