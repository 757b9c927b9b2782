// What the broker says about one topic, one queue and some groups, as a state: a snapshot, then events.
//
// Pure: no clock, no network, no drawing. A state is made by empty() and changed only by reduce(), which returns it.
// Memory   at most CELLS_MAX records of a partition are kept, the newest; counters are exact whatever is kept.

import { keyText } from "../core/body.js";

export const CELLS_MAX = 400;
const SETTLED_MAX = 60; // done messages of a queue's own log that are remembered, to be seen leaving
const IN_HAND = new Set(["delivered", "extended"]);

/**
 * logs       of the topic and, where the queue has one, its own: partition -> {start, end, cells}
 * cells      offset -> {offset, partition, key, preview, size, at, state, receives, holder, due, changed, to}
 *            `state` is that of the queue's message: none (no queue, or before where it began), ready, in_flight,
 *            delayed, blocked, dead, acked, passed_over, gone; `changed` is the server's time of its last change
 * groups     name -> {offsets: partition -> offset, members: [{member, client, partitions}], state}
 * queue      its settings, and `counts` of its messages by state
 * counts     how many events of each type there were since the state was made
 */
export const empty = () => ({
  seq: 0, at: 0, topic: null, queue: null, log: new Map(), own: null, groups: new Map(), counts: {}, isSampled: false, version: 0,
});

export function reduce(state, frame) {
  state.version += 1;
  if (frame.seq !== undefined) state.seq = frame.seq;
  if (frame.ts !== undefined) state.at = time(frame.ts);
  if (frame.type === "snapshot") return fromSnapshot(state, frame);
  if (frame.type === "counters") return counted(state, frame);
  state.counts[frame.type] = (state.counts[frame.type] ?? 0) + 1;
  HAPPENED[frame.type]?.(state, frame);
  return state;
}

const time = (text) => (typeof text === "number" ? text : text ? Date.parse(text) : undefined);

// --- a snapshot -------------------------------------------------------------------------------------

function fromSnapshot(state, { topic, queue, groups }) {
  state.topic = topic?.exists ? { name: topic.name } : null;
  state.queue = queue?.exists ? { ...queue, messages: undefined, partitions: undefined } : null;
  state.isSampled = false;
  state.log = logOf(state.topic ? topic.partitions : []);
  state.own = state.queue && queue.topic === null ? logOf(queue.partitions) : null;
  state.groups = new Map((groups ?? []).filter(({ exists }) => exists).map((group) => [group.name, groupOf(group)]));
  if (state.queue) deliveries(state, queue);
  return state;
}

function logOf(partitions) {
  return new Map(partitions.map(({ partition, start_offset: start, end_offset: end, records = [] }) => {
    const cells = records.map((record) => [record.offset, cellOf(record, partition)]);
    return [partition, { partition, start, end, last: records.at(-1)?.offset ?? -1, cells: new Map(cells) }];
  }));
}

const cellOf = ({ offset, key, preview, size, timestamp }, partition) =>
  ({ partition, offset, key: keyText(key), preview, size, at: time(timestamp), state: "none", receives: 0, holder: "", due: undefined, changed: 0 });

function groupOf({ positions, members = [], state }) {
  return { state, offsets: new Map(positions.map(({ partition, offset }) => [partition, offset])), members: [...members] };
}

// The messages that are not done with come one by one, up to a place in each partition: what is not among them is acked
// before that place, and ready behind it.
function deliveries(state, { partitions, messages }) {
  const log = delivered(state);
  for (const { partition, from, listed_upto: upto } of partitions) {
    for (const cell of log.get(partition)?.cells.values() ?? []) cell.state = cell.offset < from ? "none" : cell.offset < upto ? "acked" : "ready";
  }
  for (const message of messages) {
    const cell = cellAt(log, message, { make: true });
    if (cell) Object.assign(cell, stateOf(message));
  }
}

const stateOf = ({ state, receives, consumer = "", visible_at: due, reason, key, preview }) => ({
  state, receives, holder: consumer, due: time(due), reason, ...(key !== undefined && { key: keyText(key) }), ...(preview !== undefined && { preview }),
});

// --- places -----------------------------------------------------------------------------------------

/** The log whose records are the queue's messages. */
export const delivered = (state) => state.own ?? state.log;

function cellAt(log, { partition, offset }, { make = false } = {}) {
  const part = log.get(partition);
  if (!part) return undefined;
  let cell = part.cells.get(offset);
  if (!cell && make && offset >= part.start) {
    cell = cellOf({ offset }, partition);
    part.cells.set(offset, cell);
    if (offset < part.last) part.cells = new Map([...part.cells].sort(([a], [b]) => a - b));
    part.last = Math.max(part.last, offset);
  }
  return cell;
}

function forget(part) {
  while (part.cells.size > CELLS_MAX) part.cells.delete(part.cells.keys().next().value);
}

// A cell that changes is another one: whoever draws it sees that by looking whether it is the same.
const change = (log, cell, fields) => log.get(cell.partition).cells.set(cell.offset, { ...cell, ...fields });

// --- events -----------------------------------------------------------------------------------------

function become(name, more = () => ({})) {
  return (state, frame) => {
    const log = delivered(state);
    const cell = cellAt(log, frame, { make: true });
    if (!cell) return;
    const isInHand = IN_HAND.has(frame.type);
    move(state, cell.state, name);
    change(log, cell, {
      state: name, changed: state.at, receives: frame.receives ?? cell.receives, holder: isInHand ? (frame.consumer ?? cell.holder) : "",
      due: name === "delayed" || isInHand ? time(frame.visible_at) : undefined, ...more(frame, cell),
    });
  };
}

/** The queue's counters follow each message; a counters frame or a snapshot sets them again. */
function move(state, from, to) {
  const counters = state.queue?.counts;
  if (!counters || from === to) return;
  if (counters[from] > 0) counters[from] -= 1;
  if (to in counters) counters[to] += 1;
}

const HAPPENED = {
  appended(state, frame) {
    const log = frame.queue === undefined ? state.log : state.own;
    const part = log?.get(frame.partition);
    if (!part) return;
    part.end = Math.max(part.end, frame.offset + 1);
    const cell = cellAt(log, frame, { make: true });
    if (!cell) return;
    const isNew = state.queue && log === delivered(state) && cell.state === "none"; // what is delayed was told before
    if (isNew) move(state, "none", "ready");
    change(log, cell, { state: isNew ? "ready" : cell.state, key: keyText(frame.key), preview: frame.preview, size: frame.size, at: state.at, changed: state.at });
    forget(part);
  },
  delivered: become("in_flight"),
  extended: become("in_flight"),
  acked: become("acked"),
  passed_over: become("passed_over"),
  moved: become("gone", ({ to }) => ({ to })),
  nacked: become("delayed"), // what goes back at once is told to be ready next
  expired: become("ready"),
  released: become("delayed"),
  ready: become("ready"),
  revived: become("delayed", () => ({ receives: 0 })),
  delayed: become("delayed"),
  dead_lettered: become("dead", ({ to, reason }) => ({ to, reason })),
  queue_trimmed(state, { partition, start_offset: start }) {
    if (state.own) trim(state.own.get(partition), start);
  },
  retention(state, { partition, start_offset: start }) {
    trim(state.log.get(partition), start);
  },
  committed: positioned,
  positioned,
  joined(state, { group, member, client }) {
    const one = theGroup(state, group);
    if (!one.members.some((other) => other.member === member)) one.members.push({ member, client, partitions: [] });
  },
  left(state, { group, member }) {
    const one = theGroup(state, group);
    one.members = one.members.filter((other) => other.member !== member);
  },
  rebalanced(state, { group, assignment, state: stands }) {
    const one = theGroup(state, group);
    one.state = stands;
    for (const known of one.members) known.partitions = assignment[known.member] ?? [];
  },
  group_deleted(state, { group }) {
    state.groups.delete(group);
  },
  purged(state) {
    const log = delivered(state);
    for (const part of log.values()) for (const cell of [...part.cells.values()]) if (cell.state !== "none") change(log, cell, { state: "acked" });
  },
};

function theGroup(state, name) {
  if (!state.groups.has(name)) state.groups.set(name, { state: "", offsets: new Map(), members: [] });
  return state.groups.get(name);
}

function positioned(state, { group, partition, offset }) {
  theGroup(state, group).offsets.set(partition, offset);
}

function trim(part, start) {
  if (!part || start === undefined) return;
  part.start = Math.max(part.start, start);
  let settled = [...part.cells.values()].filter((cell) => cell.offset < part.start);
  settled = settled.slice(0, Math.max(0, settled.length - SETTLED_MAX));
  for (const { offset } of settled) part.cells.delete(offset);
  for (const cell of [...part.cells.values()]) if (cell.offset < part.start && !cell.isTrimmed) part.cells.set(cell.offset, { ...cell, isTrimmed: true });
}

// --- many at once -----------------------------------------------------------------------------------

// Events that were not sent one by one: the numbers are exact, the cells are not any more.
function counted(state, { events, queue, topic, groups }) {
  state.isSampled = true;
  for (const [type, n] of Object.entries(events)) state.counts[type] = (state.counts[type] ?? 0) + n;
  if (queue && state.queue) state.queue.counts = { ...queue.counts };
  for (const { partition, start_offset: start, end_offset: end } of topic?.partitions ?? []) {
    const part = state.log.get(partition);
    if (part) Object.assign(part, { start, end });
  }
  for (const { name, exists, positions } of groups ?? []) {
    if (exists) theGroup(state, name).offsets = new Map(positions.map(({ partition, offset }) => [partition, offset]));
  }
  return state;
}
