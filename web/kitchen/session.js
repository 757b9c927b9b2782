// Everything of one visit to the kitchen: the stream, those who work, and what was said.
import { batch, signal } from "../vendor/signals-core.js";
import { sayError } from "../parts/toast.js";
import { inspect } from "./inspect.js";
import { empty, reduce } from "./model.js";
import { DEFAULTS, ensure, groupsOf, others, plan, remakeQueue, reset } from "./setup.js";
import { Cook, Reader, Waiter } from "./staff.js";
import { rule, sentence } from "./words.js";

export const LETTERS = ["A", "B", "C", "D"];
const SAID_MAX = 40;
const DRAWN_MS = 50; // between two drawings when little happens
const DRAWN_BUSY_MS = 250; // ... and when much does: numbers change at most four times a second
const BUSY = 30; // events a second

export class Session {
  #isOver = false;
  #stop = () => {};
  #heard = new Set();
  #pending = null;
  #drawnAt = 0;
  #window = []; // when the last events came
  #unsaid = 0; // events that the ticker leaves out
  #extra = new Set(); // queues that a lesson has made

  constructor(place) {
    this.place = signal({ ...DEFAULTS, ...place });
    this.state = empty();
    this.drawn = signal(0); // counts drawings: whoever reads it is drawn anew
    this.status = signal("connecting");
    this.said = signal([]); // the newest first
    this.rule = signal("");
    this.rate = signal(0);
    this.picked = signal(null);
    this.question = signal(null); // {name, affected, text, answer}: what has to be asked before it is deleted
    this.skew = 0; // of this machine's clock before the broker's
    const onError = (error) => !this.#isOver && sayError(error);
    const { topic, queue } = this.place.value;
    this.cooks = LETTERS.map((letter) => new Cook(letter, { queue, onError, prepare: this.#prepare }));
    this.readers = LETTERS.map((letter) => new Reader(letter, { topic, onError, prepare: this.#prepare }));
    this.waiter = new Waiter(() => this.place.value, { onError, prepare: this.#prepare });
  }

  // Who looks makes nothing: the first who works does, where something is missing.
  #prepare = async () => {
    if (this.state.topic && this.state.queue) return;
    this.#preparing ??= ensure(this.place.value).finally(() => (this.#preparing = null));
    await this.#preparing;
  };

  #preparing = null;

  /** Opens the stream, on another queue if one is given. */
  look(queue = this.place.value.queue) {
    this.#stop();
    const { topic } = this.place.value;
    this.watched = queue;
    this.#stop = inspect({ topic, queue, groups: groupsOf(topic) }, { on: (frame) => this.#hear(frame), status: (status, problem) => (problem && sayError(problem), (this.status.value = status)) });
  }

  #hear(frame) {
    reduce(this.state, frame);
    if (frame.type === "snapshot") {
      this.skew = Date.now() - this.state.at;
      if (this.state.queue) this.place.value = { ...this.place.value, isAttached: this.state.own === null };
    } else if (frame.type !== "counters") {
      this.#say(frame);
    }
    for (const hear of this.#heard) hear(frame);
    this.#draw(frame.type === "snapshot");
  }

  #say(frame) {
    const now = performance.now();
    this.#window.push(now);
    while (this.#window[0] < now - 1_000) this.#window.shift();
    const text = sentence(frame);
    if (!text) return;
    if (this.#window.length > BUSY && Math.random() > BUSY / this.#window.length / 4) {
      this.#unsaid += 1;
      return;
    }
    this.#pendingSaid.push({ seq: frame.seq, text, type: frame.type, frame, more: this.#unsaid });
    this.#pendingRule = rule(frame) ?? this.#pendingRule;
    this.#unsaid = 0;
  }

  #pendingSaid = [];
  #pendingRule = "";

  // As often as is worth looking at; never twice for one frame of the screen.
  #draw(isAll) {
    if (this.#pending !== null) return;
    const wait = this.#window.length > BUSY ? DRAWN_BUSY_MS : DRAWN_MS;
    const rest = isAll ? 0 : Math.max(0, this.#drawnAt + wait - performance.now());
    this.#pending = setTimeout(() => {
      this.#pending = null;
      this.#drawnAt = performance.now();
      batch(() => {
        this.drawn.value += 1;
        this.rate.value = this.#window.length;
        if (this.#pendingSaid.length > 0) this.said.value = [...this.#pendingSaid.splice(0).reverse(), ...this.said.value].slice(0, SAID_MAX);
        this.rule.value = this.#pendingRule;
      });
      document.documentElement.dataset.ready = "1";
      const { length } = this.#window;
      if (length > 0) setTimeout(() => this.#calm(), 1_100);
    }, rest);
  }

  // The rate goes down by itself when nothing comes any more.
  #calm() {
    const now = performance.now();
    while (this.#window[0] < now - 1_000) this.#window.shift();
    this.rate.value = this.#window.length;
    this.drawn.value += 1; // what was leaving is gone
  }

  /** Calls back for every frame; the answer ends it. */
  hear(back) {
    this.#heard.add(back);
    return () => this.#heard.delete(back);
  }

  cook = (letter) => this.cooks[LETTERS.indexOf(letter)];
  reader = (letter) => this.readers[LETTERS.indexOf(letter)];

  speed(speed) {
    for (const one of [...this.cooks, ...this.readers]) one.set({ speed });
  }

  dismiss() {
    this.waiter.set({ rate: 0, burnt: false, table: 0 });
    for (const one of [...this.cooks, ...this.readers]) one.end();
  }

  /** The ids of what may be deleted though it was not made here; null when somebody says no. */
  async #ask(place, options) {
    const { ids, ...found } = await others(await plan(place, options));
    if (this.#isOver) return null;
    this.question.value?.answer(false);
    if (ids.length === 0) return ids;
    const isYes = await new Promise((answer) => (this.question.value = { name: place.topic, ...found, answer }));
    this.question.value = null;
    return isYes && !this.#isOver ? ids : null;
  }

  /** The queue anew, with a log of its own or without. */
  async attach(isAttached) {
    const next = { ...this.place.value, isAttached };
    const agreed = await this.#ask(next, { isQueueAlone: true });
    if (!agreed) return;
    await remakeQueue(next, { agreed });
    this.place.value = next;
  }

  /** Everything anew, with other settings if some are given. False when somebody was asked, and said no. */
  async reset(change = {}) {
    const place = { ...this.place.value, ...change };
    const agreed = await this.#ask(place, { extra: [...this.#extra] });
    if (!agreed) return false;
    this.dismiss();
    this.place.value = place;
    await reset(place, { agreed, extra: [...this.#extra] });
    this.#extra.clear();
    for (const one of this.readers) one.set({ isShared: false, from: "earliest", readMs: 400 });
    for (const one of this.cooks) one.set({ workMs: 1_500, done: 0, queue: this.place.value.queue });
    batch(() => {
      this.said.value = [];
      this.rule.value = "";
      this.picked.value = null;
    });
    this.state.counts = {};
    if (this.watched !== this.place.value.queue) this.look();
    return true;
  }

  note(text) {
    this.said.value = [{ seq: `n${Date.now()}`, text, type: "note" }, ...this.said.value].slice(0, SAID_MAX);
  }

  made(queue) {
    this.#extra.add(queue);
  }

  end() {
    this.#isOver = true;
    this.question.value?.answer(false);
    this.#stop();
    this.dismiss();
    this.waiter.end();
    clearTimeout(this.#pending);
    delete document.documentElement.dataset.ready;
  }
}
