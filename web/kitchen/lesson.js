// A lesson: steps that do something, wait until it is seen on the stream, and say what it means.
import { count } from "../core/format.js";
import { signal } from "../vendor/signals-core.js";
import { configure, make, replayAll, trimTo } from "./setup.js";
import { pause } from "./staff.js";

// --- A lesson: steps that do something, wait until it is seen on the stream, and say what i

export const LESSONS = ["one-order", "share", "crash", "late", "replay", "burnt", "order", "forgetting"];
const TIMEOUT_MS = 20_000;
const AUTO_MS = 1_800; // a step is read before the next begins

export const load = async (number) => {
  const answer = await fetch(`lessons/${LESSONS[number - 1]}.json`);
  if (!answer.ok) throw new Error(`There is no lesson ${number}.`);
  return answer.json();
};

/** Whether an event is one of those that a step waits for. Pure. */
export const fits = ({ type, match = {} }, event) => event.type === type && Object.entries(match).every(([name, wanted]) => event[name] === wanted);

/**
 * What happened in a lesson, and which of it was waited for. An event answers one wait only; one that came before its
 * step was reached answers it all the same, for the reader of a lesson takes his time.
 */
export class Heard {
  #events = [];

  add(event) {
    this.#events.push(event);
  }

  /** Takes as many of the events as the waits ask for: null when they are there, else what is missing. */
  missing(waits) {
    const left = this.#events.slice();
    for (const wait of waits) {
      for (let n = wait.count ?? 1; n > 0; n -= 1) {
        const at = left.findIndex((event) => fits(wait, event));
        if (at < 0) return `${n} × ${wait.type} ${JSON.stringify(wait.match ?? {})}`;
        left.splice(at, 1);
      }
    }
    return null;
  }

  take(waits) {
    for (const wait of waits) {
      for (let n = wait.count ?? 1; n > 0; n -= 1) this.#events.splice(this.#events.findIndex((event) => fits(wait, event)), 1);
    }
  }
}

const listed = (one) => (one === undefined ? [] : Array.isArray(one) ? one : [one]);

/** stage: {lesson, step, state: preparing | doing | ready | failed | over, isAuto, trouble, reached} */
export class Player {
  #session;
  #run = 0;
  #timer;
  #heard = new Heard();
  #deaf = () => {};

  constructor(session) {
    this.#session = session;
    this.stage = signal(null);
  }

  #set(change) {
    if (this.stage.value) this.stage.value = { ...this.stage.value, ...change };
  }

  async begin(number, { isAuto = false, speed = 1 } = {}) {
    const run = this.#anew();
    const lesson = await load(number);
    if (run !== this.#run) return;
    this.stage.value = { lesson, number, step: -1, state: "preparing", isAuto, speed, trouble: "", reached: -1 };
    try {
      this.#session.speed(speed);
      const isReset = await this.#session.reset(lesson.setup);
      if (run !== this.#run) return;
      if (!isReset) return this.end(); // somebody was asked, and said no
      this.#session.speed(speed);
      await this.#seen(() => Boolean(this.#session.state.queue && this.#session.state.topic));
      if (run !== this.#run) return;
      this.#deaf();
      this.#heard = new Heard();
      this.#deaf = this.#session.hear((event) => this.#heard.add(event));
      await this.#do(0);
    } catch (error) {
      if (run === this.#run) this.#set({ state: "failed", trouble: error.message });
    }
  }

  // After a reset the stream says when all of it is there.
  #seen(isThere) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("The broker did not show what was made.")), TIMEOUT_MS);
      const look = () => {
        if (!isThere()) return false;
        clearTimeout(late);
        resolve();
        return true;
      };
      if (look()) return;
      const end = this.#session.hear(() => look() && end());
    });
  }

  #anew() {
    clearTimeout(this.#timer);
    return ++this.#run;
  }

  async #do(index) {
    const run = this.#anew();
    const { lesson, reached, speed } = this.stage.value;
    const step = lesson.steps[index];
    if (index <= reached) return this.#set({ step: index, state: "ready" }); // seen before: it is only read again
    this.#set({ step: index, state: "doing", trouble: "", reached: index });
    const waits = listed(step.wait_for);
    // A stream that begins anew says nothing of before: snapshots are waited for from here on.
    if (waits.some(({ type }) => type === "snapshot")) this.#heard = new Heard();
    try {
      for (const { op, args = {} } of step.do ?? []) {
        await OPS[op](this.#session, args, speed);
        if (run !== this.#run) return;
      }
      await this.#met(waits);
      if (run === this.#run) this.#ready();
    } catch (error) {
      if (run === this.#run) this.#set({ state: "failed", trouble: error.message, isAuto: false });
    }
  }

  #met(waits) {
    const heard = this.#heard;
    return new Promise((resolve, reject) => {
      let end = () => {};
      const limit = Math.max(0, ...waits.map(({ timeout_ms: ms = TIMEOUT_MS }) => ms));
      const timer = setTimeout(() => (end(), reject(new Error(`This was not seen in time: ${heard.missing(waits)}`))), limit);
      const look = () => {
        if (heard.missing(waits) !== null) return false;
        heard.take(waits);
        clearTimeout(timer);
        end();
        resolve();
        return true;
      };
      if (!look()) end = this.#session.hear(look);
    });
  }

  #ready() {
    const { isAuto, lesson, step, speed } = this.stage.value;
    this.#set({ state: step === lesson.steps.length - 1 ? "over" : "ready" });
    if (isAuto && step < lesson.steps.length - 1) this.#timer = setTimeout(() => this.next(), AUTO_MS / speed);
  }

  next() {
    const { step, lesson, state } = this.stage.value ?? {};
    if (state === "ready" && step < lesson.steps.length - 1) this.#do(step + 1);
  }

  back() {
    const { step, state } = this.stage.value ?? {};
    if (step > 0 && state !== "doing" && state !== "preparing") this.#do(step - 1);
  }

  auto(isAuto) {
    this.#set({ isAuto });
    if (isAuto && this.stage.value?.state === "ready") this.next();
  }

  end() {
    this.#anew();
    this.#deaf();
    this.stage.value = null;
  }
}

// --- What the steps of lessons can do. Each acts as somebody at the page would: orders go t

export const OPS = {
  async order({ waiter }, { n = 1, every_ms: every = 0, ...options }, speed) {
    for (let i = 0; i < (every ? n : 1); i += 1) {
      if (i > 0) await pause(every / speed);
      await waiter.take(every ? 1 : n, options);
    }
  },
  async cook(session, { who, act, work_ms: workMs, queue }) {
    const cook = session.cook(who);
    if (queue) cook.set({ queue });
    if (workMs) cook.set({ workMs });
    // Working is what a cook does until it ends: it is not waited for.
    if (act === "start" || act === "restart") cook.start();
    else if (act) await cook[act]();
  },
  async reader(session, { who, act, read_ms: readMs, shared, from, to }) {
    const reader = session.reader(who);
    if (readMs) reader.set({ readMs });
    if (shared !== undefined) reader.set({ isShared: shared });
    if (from !== undefined) reader.set({ from });
    if (act === "start" || act === "restart") reader.start();
    else if (act === "seek") await reader.seek(to ?? "earliest");
    else if (act) await reader[act]();
  },
  async attach(session, { queue, from = "earliest", watch = false }) {
    const { topic } = session.place.value;
    const { backlog } = await make("queue", queue, { source: { topic, from }, visibility_timeout: "5s", on_disconnect: "timeout" });
    session.made(queue);
    session.note(`${queue} is attached from ${from}: ${count(backlog?.count)} orders are on its rail at once`);
    if (watch) session.look(queue);
  },
  /** A queue with a log of its own, looked at from now on. */
  async make(session, { queue }) {
    await make("queue", queue, {});
    session.made(queue);
    session.look(queue);
  },
  async configure(session, change) {
    await configure(session.place.value.queue, change);
  },
  async replay(session, { from }) {
    await replayAll(session.place.value.queue, from);
  },
  async trim(session, { before }) {
    await trimTo(session.place.value.topic, before);
  },
  /** Until a reader is in a state that only it knows of. */
  async until(session, { reader, state }) {
    const { shown } = session.reader(reader);
    for (let i = 0; shown.value.state !== state; i += 1) {
      if (i > 200) throw new Error(`Reader ${reader} is not ${state}, but ${shown.value.state}.`);
      await pause(50);
    }
  },
  async pause(session, { ms }, speed) {
    await pause(ms / speed);
  },
};
