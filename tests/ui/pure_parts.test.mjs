// What the pages compute, without a browser: how things are written, what commands say, what lessons ask for.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { content, hex, matches, parseExactly, preview, show, SHOWN_BYTES_MAX, viewsOf } from "../../web/core/body.js";
import { commandsFor, position } from "../../web/core/commands.js";
import { bytes, count, milliseconds, rate, span } from "../../web/core/format.js";
import { href, parse } from "../../web/core/router.js";
import { Made, recall, strangers } from "../../web/kitchen/setup.js";
import { path, ticks, times } from "../../web/core/scale.js";

const LESSONS = new URL("../../web/lessons/", import.meta.url);

test("numbers are grouped, sizes have units, spans their two largest", () => {
  assert.deepEqual([count(1234567), count(undefined), count(0)], ["1,234,567", "–", "0"]);
  assert.deepEqual([bytes(0), bytes(1536), bytes(5 * 1024 ** 3), bytes(200 * 1024)], ["0 B", "1.5 KiB", "5.0 GiB", "200 KiB"]);
  assert.deepEqual([span(850), span(1500), span(59_000), span(200_000), span(3 * 86_400_000 + 7_200_000)], ["850 ms", "1.5 s", "59 s", "3 m 20 s", "3 d 2 h"]);
  assert.deepEqual([rate(0), rate(0.42), rate(1204.4)], ["0", "0.4", "1,204"]);
  assert.deepEqual([milliseconds("22332ms"), milliseconds("7d"), milliseconds("30")], [22332, 7 * 86_400_000, 30_000]);
});

test("an address says all that was chosen, and any name survives it", () => {
  for (const name of ["kitchen", "a b", "50%", "ü/ö", "#?&=", "<script>"]) {
    const { path, query } = parse(href(["queues", name], { tab: "peek", find: "key=a&b", empty: "" }));
    assert.deepEqual([path, query], [["queues", name], { tab: "peek", find: "key=a&b" }]);
  }
  assert.deepEqual(parse("#/topics/50%").path, ["topics", "50%"]);
});

test("values are shown as what they are, and numbers as they were written", () => {
  const record = parseExactly('{"value":{"id":12345678901234567890,"price":1.0,"n":7}}');
  assert.equal(show(content(record), "text").text, JSON.rawJSON ? '{"id":12345678901234567890,"price":1.0,"n":7}' : '{"id":12345678901234567000,"price":1,"n":7}');
  assert.deepEqual(viewsOf(content({ bytes: "AAEC" })), ["hex"]);
  assert.equal(show(content({ bytes: "AAECQQ==" }), "hex").text, "00000000  00 01 02 41                                      ···A");
  assert.equal(show(content({ value: null }), "text").text, "no value (a tombstone)");
  assert.equal(hex(new Uint8Array(17)).split("\n").length, 2);
});

test("a large body is cut, and says how large it is", () => {
  const { text, cut } = show(content({ text: "é".repeat(SHOWN_BYTES_MAX) }), "text");
  assert.deepEqual([text.length, cut], [SHOWN_BYTES_MAX / 2, 2 * SHOWN_BYTES_MAX]);
  assert.ok(!show(content({ text: `x${"é".repeat(SHOWN_BYTES_MAX)}` }), "text").text.includes("\uFFFD"), "half a character");
  assert.ok(preview({ text: "x".repeat(10_000) }).length < 200);
  assert.equal(show(content({ text: "short" }), "text").cut, 0);
});

test("rows are found by text, or by key alone", () => {
  const record = { id: "0-1", key: "table-3", value: { dish: "ramen" }, headers: { region: "EU" } };
  for (const [wanted, found] of [["ramen", true], ["key=table-3", true], ["key=ramen", false], ["EU", true], ["dal", false], ["", true]]) assert.equal(matches(record, wanted), found, wanted);
});

test("commands are what a shell takes: names are quoted where they must be", () => {
  const cmd = commandsFor("http://127.0.0.1:8080");
  const of = (commands, program) => commands.find(([name]) => name === program)[1];
  assert.equal(of(cmd.purgeQueue("jobs"), "twofold"), "twofold queue purge jobs");
  assert.equal(of(cmd.purgeQueue("it's"), "twofold"), "twofold queue purge 'it'\\''s'");
  assert.equal(of(cmd.seekGroup("g", "orders", { 1: 47 }), "twofold"), "twofold group seek g --to 1:47 --topics orders");
  assert.equal(of(cmd.send("jobs", { value: { a: 1 } }), "curl"), `curl -sS http://127.0.0.1:8080/v1/queues/jobs/messages -d '{"value":{"a":1}}'`);
  assert.match(of(cmd.receive("jobs"), "aws"), /^aws --endpoint-url http:\/\/127.0.0.1:8080 sqs receive-message /);
  for (const commands of [cmd.listTopics(), cmd.produce("orders", { value: 1 }), cmd.browse("orders", { from: "earliest" })]) assert.deepEqual(commands.map(([name]) => name), ["twofold", "curl"]);
  assert.match(of(commandsFor("http://broker:18080").listQueues(), "twofold"), /^twofold -s http:\/\/broker:18080 queue list$/);
  const keyed = commandsFor("http://127.0.0.1:8080", () => true);
  assert.equal(of(keyed.deleteQueue("jobs"), "curl"), 'curl -sS -X DELETE -H "Authorization: Bearer $TWOFOLD_TOKEN" http://127.0.0.1:8080/v1/queues/jobs');
  assert.deepEqual(["earliest", "latest", "47", "-15m"].map(position), ["start", "end", "47", "@-15m"]);
});

test("lessons are complete: every step says something, and what it does and waits for exists", () => {
  const files = readdirSync(LESSONS);
  assert.equal(files.length, 8);
  const source = readFileSync(new URL("../../web/kitchen/lesson.js", import.meta.url), "utf8");
  const known = new Set([...source.matchAll(/^ {2}async (\w+)\(/gm)].map(([, name]) => name));
  for (const file of files) {
    const lesson = JSON.parse(readFileSync(new URL(file, LESSONS)));
    assert.equal(`${lesson.id}.json`, file);
    assert.ok(lesson.title && lesson.lesson && lesson.terminal && lesson.setup);
    assert.ok(lesson.steps.length >= 4);
    for (const step of lesson.steps) {
      assert.ok(step.say.length > 20 && step.highlight);
      for (const { op } of step.do ?? []) assert.ok(known.has(op), `${file}: ${op}`);
      for (const wait of [step.wait_for].flat()) assert.ok(wait.type && wait.timeout_ms > 0, `${file}: ${step.say}`);
    }
  }
});

test("charts have round numbers and times, and one point a pixel", () => {
  assert.deepEqual([ticks(0), ticks(37), ticks(1_000)], [[0, 0.5, 1], [0, 20, 40], [0, 500, 1000]]);
  assert.deepEqual(times(101, 131, 4), [110, 120, 130]);
  assert.equal(path([0, 1, 2], [1, 5, 2], { x: (s) => s * 10, y: (v) => 10 - v }), "M0 9.0L10 5.0L20 8.0");
  assert.equal(path([0, 0.1, 2], [1, 5, 2], { x: (s) => s, y: (v) => 10 - v }), "M0 5.0L2 8.0", "the greatest of one pixel");
  assert.equal(path([0, 1, 2, 3, 4], [null, 1, 2, null, 3], { x: (s) => s * 10, y: (v) => v }), "M10 1.0L20 2.0M40 3.0h1", "gaps, and a dot");
});

test("what this page did not make is asked about, whatever its name; what others attached is never deleted", () => {
  const made = new Made();
  const queue = (name, created, ready, source = { topic: "orders" }) => ({ name, created, source, messages: { ready, in_flight: 0 } });
  const plan = { queue: "kitchen", topic: { name: "orders", created: "1", records: 3 }, queues: [queue("kitchen", "2", 3), queue("kitchen-burnt", "3", 1, null)], groups: ["menu"] };
  const { ids, affected, text } = strangers(plan, made);
  assert.deepEqual([ids.length, affected], [3, 4]);
  for (const said of ["topic orders (3 records, read by 1 group: menu)", "queue kitchen (3 messages)", "queue kitchen-burnt (1 message)"]) assert.ok(text.includes(said), text);
  made.add("topic", plan.topic);
  for (const one of plan.queues) made.add("queue", one);
  assert.deepEqual(strangers(plan, made).ids, []);
  assert.deepEqual(strangers({ ...plan, topic: { ...plan.topic, created: "9" } }, made).ids, ["topic/orders of 9"], "another one has made it anew");
  for (const name of ["billing", "orders-eu", "kitchens"]) assert.throws(() => strangers({ ...plan, queues: [queue(name, "4", 0)] }, made), new RegExp(`${name} was not made here`));
  assert.equal(strangers({ ...plan, queues: [queue("kitchen-late", "5", 0)] }, made).ids.length, 1);
  const marked = new Made();
  recall({ "made-by-demo/topic/orders": plan.topic.created, "made-by-demo/queue/kitchen": "0", "made-by-demo/group/menu": "1", owner: "somebody" }, marked);
  assert.deepEqual([strangers({ ...plan, queues: [] }, marked).ids, strangers(plan, marked).ids.length], [[], plan.queues.length], "of the demonstration is what it says, as old as it says");
});
