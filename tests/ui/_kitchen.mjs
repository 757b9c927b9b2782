// What the kitchen shows, beside what the API says.
import assert from "node:assert/strict";

import { until } from "./_broker.mjs";

const number = (text) => Number(text.replaceAll(",", ""));

/** What is drawn now: the queue's cells and counters, the readers' places, the ends of the log. */
const drawn = (view) => view.page.evaluate(() => {
  const text = (id) => document.querySelector(`[data-testid="${id}"]`)?.textContent ?? "";
  const queue = document.querySelector(".half-queue .half-name").textContent;
  const rows = [...document.querySelectorAll('[data-testid="strip"] .strip-row')];
  const isOwn = rows[0].textContent.includes("of its own");
  const cells = (isOwn ? rows.slice(0, 1) : rows).flatMap((row) => [...row.querySelectorAll("[data-offset]")].map(({ dataset }) => [dataset.offset, dataset.state]));
  const ribbons = [...document.querySelectorAll('[data-testid^="ribbon-"]')].map(({ dataset }) => Number(dataset.offset));
  return { queue, cells, ready: text("n-ready"), in_flight: text("n-in_flight"), end: text("n-end"), kept: text("n-kept"), ribbons };
});

const LEFT = new Set(["none", "acked", "gone", "passed_over"]);

/** The differences between the page and the API; none is what we want. */
async function differences(view, topic) {
  const { broker } = view;
  const page = await drawn(view);
  const [queue, { items }, offsets, { groups }] = await Promise.all([broker.get(`/v1/queues/${page.queue}`), broker.get(`/v1/queues/${page.queue}/messages?limit=500`), broker.get(`/v1/topics/${topic}/offsets`), broker.get(`/v1/topics/${topic}/consumers`)]);
  const found = [];
  const differ = (what, shown, said) => JSON.stringify(shown) !== JSON.stringify(said) && found.push(`${what}: the page shows ${JSON.stringify(shown)}, the API says ${JSON.stringify(said)}`);
  differ("ready", number(page.ready), queue.messages.ready);
  differ("in flight", number(page.in_flight), queue.messages.in_flight);
  differ("ends", page.end.split(" ").map(Number), offsets.partitions.map(({ end }) => end));
  differ("pages kept", number(page.kept), offsets.partitions.reduce((sum, { start, end }) => sum + end - start, 0));
  const states = new Map(items.map(({ id, state }) => [id, state === "blocked" ? "ready" : state]));
  for (const [id, state] of page.cells) differ(id, LEFT.has(state) || state === "unknown" ? "done" : state, states.get(id) ?? "done");
  const committed = [];
  for (const { name } of groups) {
    const { offsets: at } = await broker.get(`/v1/groups/${name}`);
    for (const [, { committed: offset }] of Object.entries(at[topic] ?? {})) committed.push(offset);
  }
  differ("readers' places", [...page.ribbons].sort((a, b) => a - b), committed.sort((a, b) => a - b));
  return found;
}

/** The page and the API come to agree. */
export async function agrees(view, topic = "orders", ms = 6_000) {
  let found = [];
  await until(async () => (found = await differences(view, topic)).length === 0, "the page agrees with the API", ms)
    .catch(() => assert.deepEqual(found, []));
}

export const isReady = (view) => view.page.waitForFunction(() => document.documentElement.dataset.ready === "1");

/** Answers yes where the page asks whether it may delete what it did not make. */
export async function agree(view) {
  const yes = view.button("Delete and begin", view.dialog());
  if ((await yes.count()) === 0) return;
  const typed = view.id("type-name");
  if ((await typed.count()) > 0) await typed.fill("orders");
  if (await yes.isEnabled()) await yes.click();
}
