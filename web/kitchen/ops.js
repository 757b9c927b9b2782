// What the steps of lessons can do. Each acts as somebody at the page would: orders go through the waiter, cooks and
// readers are clients of their own.
import { ask, path } from "../core/api.js";
import { count } from "../core/format.js";
import { pause } from "./pause.js";
import { configure, replayAll, trimTo } from "./setup.js";

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
    const { backlog } = await ask("PUT", path`queues/${queue}`, { source: { topic, from }, visibility_timeout: "5s", on_disconnect: "timeout" });
    session.made(queue);
    session.note(`${queue} is attached from ${from}: ${count(backlog?.count)} orders are on its rail at once`);
    if (watch) session.look(queue);
  },
  /** A queue with a log of its own, looked at from now on. */
  async make(session, { queue }) {
    await ask("PUT", path`queues/${queue}`, {});
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
