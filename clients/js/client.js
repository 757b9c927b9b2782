import { Emitter } from "./emitter.js";
import { Closed, ConnectionLost, Refused, TwofoldError } from "./errors.js";
import { GroupSubscription } from "./group.js";
import { Publisher } from "./publisher.js";
import { Requests } from "./requests.js";
import { Session } from "./session.js";
import { Subscription } from "./subscription.js";
import { encodable, encodablePart, milliseconds, socketUrl } from "./text.js";

const BACKOFF_MS_FIRST = 100;
const BACKOFF_MS_MAX = 10_000;
const DRAIN_MS = 20_000;
// Closed for a reason that the next attempt would meet again.
const FINAL_CODES = new Set([4400, 4401, 4403, 4404, 4409]);

/**
 * A connection that comes back: hello, then what is published, asked and subscribed, over as many
 * sessions as it takes.
 */
export class Client extends Emitter {
  #url;
  #options;
  #WebSocket;
  #publisher;
  #requests = new Requests();
  #subscriptions = new Map();
  #session = null; // from its opening to its end
  #isUp = false; // welcomed
  #reconnectMs = 0; // what the broker has asked for
  #wake = () => {}; // ends the wait for the next session
  #nextId = 1;
  #nextSub = 1;
  #insisting = 0; // requests that wait for the next connection, or are on this one
  #idlers = []; // waiting until everything is answered
  #draining = null;
  #ended = null;
  #sayClosed;

  constructor(url, options) {
    super();
    this.#url = socketUrl(url);
    this.#options = options;
    this.#publisher = new Publisher(options.producer);
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket;
    if (!this.#WebSocket) {
      throw new TwofoldError('There is no WebSocket here: npm install ws, import WebSocket from "ws", ' +
                             "and connect(url, { WebSocket }).");
    }
    this.welcome = null;
    this.closed = new Promise((resolve) => (this.#sayClosed = resolve));
  }

  // --- publishing ----------------------------------------------------------------------------------

  publish(topic, records, options = {}) {
    return this.#publish({ topic, ...options }, records);
  }

  send(queue, messages, options = {}) {
    return this.#publish({ queue, ...options }, messages);
  }

  async #publish(where, records) {
    if (this.#ended) throw this.#ended;
    const list = Array.isArray(records) ? records : [records];
    const answer = await this.#publisher.add(
      { type: "publish", id: this.#nextId++, ...where, records: list.map(encodable) });
    return answer.records;
  }

  async writable() {
    if (this.#ended) throw this.#ended;
    await this.#publisher.writable();
  }

  async transact({ publish, ack, offsets = [] }) {
    const members = offsets.filter((entry) => entry instanceof GroupSubscription);
    let standings;
    try {
      standings = members.map((member) => member._standing());
      const entries = [...offsets.flatMap((entry) => (members.includes(entry) ? [] : [this.#named(entry)])),
                       ...standings.flatMap(({ entry }) => entry ?? [])];
      const answer = await this._request({
        type: "transact", publish: publish?.map(encodablePart), ack, offsets: entries.length > 0 ? entries : undefined,
      }, { once: true });
      const receipts = (ack ?? []).flatMap((part) => part.receipts);
      for (const subscription of this.#subscriptions.values()) subscription._letGo(receipts);
      members.forEach((member, i) => member._committed(standings[i].taken));
      return answer;
    } catch (error) {
      for (const member of members) member._fenced(error);
      throw error;
    }
  }

  // An entry of a group that this client is a member of has the member's name.
  #named(entry) {
    const member = [...this.#subscriptions.values()].find(({ group }) => group && group === entry.group)?.member;
    return { member, ...entry };
  }

  // --- subscribing ---------------------------------------------------------------------------------

  async subscribe(options) {
    if (this.#ended) throw this.#ended;
    if (this.#draining) throw new Closed("The client is draining: it takes nothing new.");
    const Kind = options.group === undefined ? Subscription : GroupSubscription;
    const subscription = new Kind(this, this.#nextSub++, options);
    this.#subscriptions.set(subscription.sub, subscription);
    if (this.#isUp) subscription._open();
    await subscription._opened;
    return subscription;
  }

  _forget(subscription) {
    this.#subscriptions.delete(subscription.sub);
  }

  /** Ends it for the broker, to begin anew: what still comes for the old number is nobody's. */
  _renumber(subscription) {
    if (!this.#isUp || !this.#subscriptions.delete(subscription.sub)) return false;
    this._tell({ type: "unsubscribe", sub: subscription.sub });
    subscription.sub = this.#nextSub++;
    this.#subscriptions.set(subscription.sub, subscription);
    return true;
  }

  // --- the wire ------------------------------------------------------------------------------------

  /** Tells, if there is a connection. */
  _tell(frame) {
    if (this.#isUp) this.#session.send(JSON.stringify(frame));
  }

  async _request(frame, options) {
    if (this.#ended) throw this.#ended;
    return this.#requests.ask({ ...frame, id: this.#nextId++ }, options);
  }

  /** Asks what belongs to a connection, once the subscription is ready and on as many as it takes. */
  async _insist(subscription, ask) {
    this.#insisting += 1;
    try {
      for (;;) {
        await subscription._ready;
        try {
          return await ask();
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error;
        }
      }
    } finally {
      this.#insisting -= 1;
      this.#sayIdle();
    }
  }

  #received(frame, text) {
    switch (frame.type) {
      case "messages":
      case "caught_up":
      case "gap":
      case "lost":
      case "assigned":
      case "revoked":
        return this.#subscriptions.get(frame.sub)?._receive(frame, text);
      case "heartbeat":
        for (const state of frame.subs ?? []) this.#subscriptions.get(state.sub)?._heartbeat(state);
        return;
      case "goaway":
        this.#reconnectMs = milliseconds(frame.reconnect_after);
        this.#publisher.pause();
        return this._emit("goaway", frame);
      case "error":
        if (frame.id !== undefined) return this.#answered(frame);
        if (frame.sub !== undefined) return this.#subscriptions.get(frame.sub)?._fail(new Refused(frame.problem));
        return this._emit("error", new Refused(frame.problem));
      default:
        return this.#answered(frame);
    }
  }

  #answered(frame) {
    if (!this.#publisher.answer(frame)) this.#requests.answer(frame);
    this.#sayIdle();
  }

  #sayIdle() {
    if (this.#isIdle) for (const resolve of this.#idlers.splice(0)) resolve();
  }

  get #isIdle() {
    return this.#publisher.isIdle && this.#requests.isIdle && this.#insisting === 0;
  }

  // --- one session after the other -----------------------------------------------------------------

  /** Resolves when the broker has said welcome. */
  async _start() {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => this.drain(), { once: true });
    await new Promise((resolve, reject) => this.#live(resolve, reject).catch(reject));
  }

  async #live(connected, failed) {
    for (let failures = 0; !this.#ended; ++failures) {
      this.#session = new Session({
        WebSocket: this.#WebSocket, url: this.#url, hello: () => this.#hello(),
        welcomed: (welcome) => (this.#welcomed(welcome), connected()),
        received: (frame, text) => this.#received(frame, text),
      });
      const { code, reason } = await this.#session.ended;
      if (this.#isUp) failures = 0;
      this.#lost({ code, reason });
      const error = new Closed(`The connection to ${this.#url} ended (${code}${reason && `: ${reason}`}).`);
      if (FINAL_CODES.has(code) || !this.welcome) this.#end(error);
      failed(error); // unless it was connected before
      if (!this.#ended) await this.#pause(failures);
    }
    this.#sayClosed(this.#ended);
  }

  async #hello() {
    const { token, client = "twofold-js", heartbeat } = this.#options;
    return { type: "hello", client, heartbeat, token: typeof token === "function" ? await token() : token };
  }

  #welcomed(welcome) {
    this.welcome = welcome;
    this.#isUp = true;
    this.#requests.begin(this.#session);
    for (const subscription of this.#subscriptions.values()) subscription._open();
    this.#requests.askAgain();
    this.#publisher.begin(this.#session, welcome);
    this._emit("connected", welcome);
  }

  #lost(why) {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#publisher.lost(`${why.code} ${why.reason}`);
    this.#requests.lost(`${why.code} ${why.reason}`);
    for (const subscription of this.#subscriptions.values()) subscription._lost();
    this._emit("disconnected", why);
  }

  // Twice as long after each failure, and never all clients at once.
  async #pause(failures) {
    const backoffMs = Math.random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** failures);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#reconnectMs + backoffMs);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
    this.#reconnectMs = 0;
  }

  // --- the end -------------------------------------------------------------------------------------

  drain({ timeout = DRAIN_MS } = {}) {
    return (this.#draining ??= this.#drain(timeout));
  }

  async #drain(timeoutMs) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs, false)));
    const finished = await Promise.race([late, this.#finish().then(() => true, () => false)]);
    clearTimeout(timer);
    await this.close();
    return finished;
  }

  async #finish() {
    const all = [...this.#subscriptions.values()];
    await Promise.all(all.map((subscription) => subscription._drain()));
    // A loop's last words, a commit for instance, are said by the next turn.
    await new Promise((resolve) => setTimeout(resolve));
    while (!this.#isIdle) await new Promise((resolve) => this.#idlers.push(resolve));
    await Promise.all(all.map((subscription) => subscription.unsubscribe()));
  }

  async close() {
    this.#end(new Closed("The client is closed."), { planned: true });
    this.#wake();
    this.#session.close();
    await this.closed;
  }

  #end(error, { planned = false } = {}) {
    if (this.#ended) return;
    this.#ended = error;
    this.#publisher.end(error);
    this.#requests.end(error);
    for (const subscription of [...this.#subscriptions.values()]) {
      if (planned) subscription._end();
      else subscription._fail(error);
    }
    for (const resolve of this.#idlers.splice(0)) resolve();
  }
}
