// What the kitchen makes of the broker's words, without a browser and without a broker.
import assert from "node:assert/strict";
import { test } from "node:test";

import { CELLS_MAX, empty, reduce } from "../../web/kitchen/model.js";
import { heldBy, idOf, kept, leaving, numbers, pages, rail, readBy, reading, tally } from "../../web/kitchen/select.js";
import { rule, sentence } from "../../web/kitchen/words.js";

const at = (second) => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();
const record = (offset, more = {}) => ({ offset, timestamp: at(offset), key: `table-${offset % 3}`, size: 10, preview: `{"dish":"dal","table":${offset % 3}}`, ...more });
const range = (n, one) => Array.from({ length: n }, (_, i) => one(i));

const snapshot = ({ end = 6, start = 0, upto = end, messages = [], from = 0, groups = [], queue = {}, counts = {} } = {}) => ({
  seq: 100, ts: at(30), type: "snapshot", reason: "begin", dropped: 0,
  topic: { name: "orders", exists: true, partitions: [{ partition: 0, start_offset: start, end_offset: end, records: range(end - start, (i) => record(start + i)) }] },
  queue: { name: "kitchen", exists: true, topic: "orders", visibility_timeout: "5s", order: "none", counts: { ready: 0, in_flight: 0, delayed: 0, blocked: 0, dead: 0, ...counts },
           partitions: [{ partition: 0, from, start_offset: start, end_offset: end, listed_upto: upto }], messages, ...queue },
  groups,
});
const ready = (offset, more = {}) => ({ partition: 0, offset, state: "ready", receives: 0, ...more });
const begun = (options) => reduce(empty(), snapshot(options));
const event = (type, offset, more = {}) => ({ seq: 101, ts: at(31), type, partition: 0, offset, ...more });
const cell = (state, offset) => (state.own ?? state.log).get(0).cells.get(offset);
const states = (state) => [...(state.own ?? state.log).get(0).cells.values()].map((one) => one.state);

test("a snapshot says what is listed, what is done with and what was not looked at yet", () => {
  const state = begun({ end: 6, from: 1, upto: 4, messages: [ready(2), { partition: 0, offset: 3, state: "in_flight", receives: 2, visible_at: at(35), consumer: "cook-a" }] });
  assert.deepEqual(states(state), ["none", "acked", "ready", "in_flight", "ready", "ready"]);
  assert.deepEqual(heldBy(state, "cook-a").map(idOf), ["0-3"]);
  assert.equal(cell(state, 3).receives, 2);
  assert.equal(cell(state, 3).due, Date.parse(at(35)));
});

test("a message goes from the rail into a hand and is torn; its page stays", () => {
  const state = begun({ end: 1, messages: [ready(0)], counts: { ready: 1 } });
  reduce(state, event("delivered", 0, { consumer: "cook-b", receives: 1, visible_at: at(36) }));
  assert.deepEqual([rail(state).slips.length, heldBy(state, "cook-b").length, numbers(state).in_flight, numbers(state).ready], [0, 1, 1, 0]);
  reduce(state, event("acked", 0));
  assert.deepEqual([heldBy(state, "cook-b").length, numbers(state).in_flight, kept(state.log)], [0, 0, 1]);
  assert.equal(leaving(state, Date.parse(at(31))).length, 1);
  assert.equal(leaving(state, Date.parse(at(33))).length, 0);
  assert.equal(tally(state).torn, 1);
});

test("a message that ran out of time is ready again, and says how often it was received", () => {
  const state = begun({ end: 1, messages: [ready(0)], counts: { ready: 1 } });
  reduce(state, event("delivered", 0, { consumer: "cook-a", receives: 1, visible_at: at(36) }));
  reduce(state, event("expired", 0, { receives: 1 }));
  assert.deepEqual([cell(state, 0).state, cell(state, 0).holder, cell(state, 0).receives], ["ready", "", 1]);
  assert.equal(tally(state).returned, 1);
  assert.equal(sentence({ type: "delivered", offset: 0, consumer: "cook-b", receives: 2 }), "cook B took order 0 (2nd try)");
});

test("what is given back waits as long as was said, and what is sent later is never ready before", () => {
  const state = begun({ end: 1, messages: [ready(0)], counts: { ready: 1 } });
  reduce(state, event("delivered", 0, { consumer: "cook-a", receives: 1, visible_at: at(36) }));
  reduce(state, event("nacked", 0, { receives: 1, visible_at: at(40) }));
  assert.deepEqual([cell(state, 0).state, cell(state, 0).due, numbers(state).delayed], ["delayed", Date.parse(at(40)), 1]);
  reduce(state, event("ready", 0, { receives: 1 }));
  assert.deepEqual([cell(state, 0).state, numbers(state).delayed, numbers(state).ready], ["ready", 0, 1]);
  reduce(state, event("delayed", 1, { receives: 0, visible_at: at(50) }));
  reduce(state, event("appended", 1, { topic: "orders", key: "table-1", preview: "{}", size: 2 }));
  assert.deepEqual([cell(state, 1).state, cell(state, 1).key, numbers(state).delayed], ["delayed", "table-1", 1]);
});

test("the burnt go to their box: dead, and then moved", () => {
  const state = begun({ end: 1, messages: [ready(0)], counts: { ready: 1 } });
  reduce(state, event("dead_lettered", 0, { receives: 3, reason: "max_receives", to: "kitchen-burnt" }));
  assert.equal(cell(state, 0).state, "dead");
  reduce(state, event("moved", 0, { to: "kitchen-burnt" }));
  assert.deepEqual([cell(state, 0).state, numbers(state).dead, tally(state).burnt], ["gone", 0, 1]);
});

test("records of the topic and of a queue's own log are told apart", () => {
  const state = begun({ end: 0, queue: { topic: null, partitions: [{ partition: 0, from: 0, start_offset: 0, end_offset: 0, listed_upto: 0, records: [] }] } });
  reduce(state, event("appended", 0, { topic: "orders", key: "table-1", preview: "{}", size: 2 }));
  assert.deepEqual([state.log.get(0).end, state.own.get(0).end, rail(state).slips.length], [1, 0, 0]);
  reduce(state, event("appended", 0, { queue: "kitchen", key: "table-1", preview: "{}", size: 2 }));
  assert.deepEqual([state.own.get(0).end, rail(state).slips.length], [1, 1]);
  reduce(state, event("acked", 0));
  reduce(state, { seq: 102, ts: at(32), type: "queue_trimmed", queue: "kitchen", partition: 0, start_offset: 1 });
  assert.deepEqual([kept(state.own), kept(state.log)], [0, 1]);
});

test("readers have a place each, and who is behind it has read the page", () => {
  const groups = [{ name: "orders-reader-a", exists: true, state: "Stable", positions: [{ topic: "orders", partition: 0, offset: 2 }], members: [{ member: "m1", client: "reader-a", partitions: [0] }] }, { name: "orders-reader-b", exists: false }];
  const state = begun({ end: 6, groups });
  assert.equal(reading(state, "orders-reader-a").lag, 4);
  assert.equal(reading(state, "orders-reader-b").lag, 6);
  reduce(state, { seq: 101, ts: at(31), type: "committed", group: "orders-reader-b", topic: "orders", partition: 0, offset: 6 });
  assert.deepEqual(readBy(state, { partition: 0, offset: 4 }), ["orders-reader-b"]);
  assert.deepEqual(readBy(state, { partition: 0, offset: 1 }), ["orders-reader-a", "orders-reader-b"]);
  reduce(state, { seq: 102, ts: at(31), type: "joined", group: "orders-reader-b", member: "m2", client: "reader-b" });
  reduce(state, { seq: 103, ts: at(31), type: "rebalanced", group: "orders-reader-b", state: "Stable", assignment: { m2: [0] } });
  assert.deepEqual(reading(state, "orders-reader-b").members, [{ member: "m2", client: "reader-b", partitions: [0] }]);
  reduce(state, { seq: 104, ts: at(31), type: "left", group: "orders-reader-b", member: "m2", client: "reader-b" });
  assert.deepEqual(reading(state, "orders-reader-b").members, []);
});

test("retention moves the edge: what it took is marked, and no longer a page", () => {
  const state = begun({ end: 6 });
  reduce(state, { seq: 101, ts: at(31), type: "retention", topic: "orders", partition: 0, start_offset: 4 });
  const { shown, torn } = pages(state.log.get(0), 10);
  assert.deepEqual([shown.map(({ offset }) => offset), torn, kept(state.log)], [[4, 5], 4, 2]);
});

test("what was not sent one by one is counted all the same", () => {
  const state = begun({ end: 6, counts: { ready: 6 } });
  reduce(state, { seq: 5000, ts: at(40), type: "counters", events: { appended: 900, delivered: 40 }, topic: { name: "orders", partitions: [{ partition: 0, start_offset: 0, end_offset: 906 }] },
                  queue: { name: "kitchen", counts: { ready: 866, in_flight: 40, delayed: 0, blocked: 0, dead: 0 } }, groups: [] });
  reduce(state, event("appended", 906, { topic: "orders" }));
  assert.deepEqual([kept(state.log), numbers(state).ready, tally(state).written, state.isSampled], [907, 867, 901, true]);
  assert.equal(reduce(state, snapshot()).isSampled, false);
});

test("memory is bounded: the newest records are kept, the counters are exact", () => {
  const state = begun({ end: 0 });
  for (let i = 0; i < 3 * CELLS_MAX; i += 1) reduce(state, { seq: i, ts: at(31), type: "appended", topic: "orders", partition: 0, offset: i, key: "k", preview: "", size: 0 });
  assert.equal(state.log.get(0).cells.size, CELLS_MAX);
  assert.deepEqual([numbers(state).ready, kept(state.log), tally(state).written], [3 * CELLS_MAX, 3 * CELLS_MAX, 3 * CELLS_MAX]);
});

test("where the order of keys is kept, what waits behind its key is blocked", () => {
  const state = begun({ end: 6, messages: range(6, (i) => ready(i, { key: `table-${i % 3}` })), counts: { ready: 6 }, queue: { order: "key" } });
  reduce(state, event("delivered", 0, { consumer: "cook-a", receives: 1, visible_at: at(36) }));
  assert.deepEqual(rail(state).slips.filter((one) => one.state === "blocked").map(idOf), ["0-3"]);
  assert.deepEqual([numbers(state).ready, numbers(state).blocked], [4, 1]);
  reduce(state, event("acked", 0));
  assert.equal(numbers(state).blocked, 0);
});

test("a queue or topic that is not there is no trouble", () => {
  const state = reduce(empty(), { seq: 1, ts: at(1), type: "snapshot", topic: { name: "orders", exists: false }, queue: { name: "kitchen", exists: false }, groups: [] });
  assert.deepEqual([state.topic, state.queue, rail(state).slips, numbers(state)], [null, null, [], {}]);
  reduce(state, event("appended", 0, { topic: "orders" }));
  reduce(state, event("acked", 0));
});

test("every rule fits into a caption", () => {
  for (const type of ["appended", "delivered", "acked", "expired", "nacked", "dead_lettered", "committed", "positioned", "retention", "revived", "rebalanced"]) {
    assert.ok(rule({ type }).split(" ").length <= 12, rule({ type }));
  }
});
