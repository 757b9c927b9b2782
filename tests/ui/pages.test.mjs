// The operator's pages over a real broker: what they show is what the API says, and what they do is done.
import assert from "node:assert/strict";
import { test } from "node:test";

import { until } from "./_broker.mjs";
import { stage } from "./_browser.mjs";

const { broker, look } = stage(async () => {
  await broker.ask("PUT", "/v1/topics/orders", { partitions: 2 });
  await broker.ask("POST", "/v1/topics/orders/records", { records: Array.from({ length: 12 }, (_, n) => ({ key: `bill_${n % 4}`, value: { n, amount: n * 10 } })) });
  await broker.ask("PUT", "/v1/queues/billing", { source: { topic: "orders", from: "earliest" }, visibility_timeout: "20s" });
});

test("the lists show every topic, queue and group with its numbers", async () => {
  await broker.ask("POST", "/v1/groups/audit/poll", { topics: ["orders"], member: "m1" });
  await broker.ask("POST", "/v1/groups/audit/commit", { member: "m1", offsets: { orders: { 0: 1 } } });
  const view = await look("topics");
  const row = view.page.locator('[data-testid="topics"] tr[data-name="orders"]');
  await row.waitFor();
  assert.deepEqual((await row.locator("td").allTextContents()).slice(0, 3), ["orders", "2", "12"]);
  assert.match(await row.textContent(), /billing.*audit/);
  await view.go("queues");
  assert.match(await view.page.locator('[data-testid="queues"] tr[data-name="billing"]').textContent(), /billing.*orders.*12/);
  await view.go("groups");
  const { lag } = await broker.get("/v1/groups/audit");
  assert.match(await view.page.locator('[data-testid="groups"] tr[data-name="audit"]').textContent(), new RegExp(`audit.*stable.*1.*orders.*${lag.count}`));
  await view.close();
});

test("a sorted, filtered list is an address that shows the same to anybody", async () => {
  for (const name of ["zeta", "alpha"]) await broker.ask("PUT", `/v1/queues/list-${name}`, {});
  const view = await look("queues?filter=list-&sort=-name");
  await until(async () => (await view.page.locator("tbody tr").count()) === 2, "two queues");
  assert.deepEqual(await view.page.locator("a.name").allTextContents(), ["list-zeta", "list-alpha"]);
  await view.page.locator("th button", { hasText: "Queue" }).click();
  assert.match(view.page.url(), /sort=name/);
  assert.deepEqual(await view.page.locator("a.name").allTextContents(), ["list-alpha", "list-zeta"]);
  await view.close();
});

test("a record is published, found, opened, and a queue attached at its place", async () => {
  const view = await look("topics/orders");
  await view.button("Publish").click();
  await view.id("record-value").fill('{"dish": "ramen", "big": 12345678901234567890}');
  await view.dialog().getByLabel("Key").fill("bill_9");
  await view.button("Publish", view.dialog()).click();
  await view.says("records", "13");
  const [record] = (await broker.get("/v1/topics/orders/records?from=earliest&limit=100&filter=key='bill_9'")).records;
  await view.go(`topics/orders?find=key%3Dbill_9`);
  const row = view.page.locator(`tr[data-offset="${record.id}"]`);
  await view.button(record.id, row).click();
  assert.match(await view.id("value").textContent(), /"dish": "ramen"/);
  await view.button("Text").click();
  await view.button("Attach a queue here").click();
  await view.id("queue-name").fill("late");
  await view.button("Preview", view.dialog()).click();
  await view.says("attach-preview", "1 message would be there at once.");
  await view.button("Attach", view.dialog()).click();
  await view.says("count-ready", "1");
  assert.equal((await broker.get("/v1/queues/late")).source.topic, "orders");
  await view.close();
});

test("the newest are found however unevenly the partitions are filled", async () => {
  await broker.ask("PUT", "/v1/topics/uneven", { partitions: 3 });
  await broker.ask("POST", "/v1/topics/uneven/records", { records: Array.from({ length: 80 }, (_, n) => ({ partition: n < 79 ? 0 : 2, value: n })) });
  const view = await look("topics/uneven");
  await view.page.locator('tr[data-offset="2-0"]').waitFor();
  const shown = await view.page.locator("tr[data-offset]").evaluateAll((rows) => rows.map(({ dataset }) => dataset.offset));
  assert.deepEqual(shown.slice(0, 3), ["2-0", "0-78", "0-77"]);
  await view.close();
});

test("JSON that is none is said to be so before it is sent", async () => {
  const view = await look("topics/orders");
  await view.button("Publish").click();
  await view.id("record-value").fill("{broken");
  await view.dialog().getByText("This is not JSON").waitFor();
  assert.ok(await view.button("Publish", view.dialog()).isDisabled());
  await view.page.keyboard.press("Escape");
  assert.equal(await view.page.locator("dialog").count(), 0);
  await view.close();
});

test("peeking shows every state and changes none", async () => {
  await broker.ask("PUT", "/v1/queues/states", { max_receives: 1, visibility_timeout: "60s" });
  await broker.ask("POST", "/v1/queues/states/messages", { messages: [{ text: "poison" }, { text: "held" }, { text: "free" }, { text: "later", delay: "1h" }] });
  const { messages: [poison] } = await broker.ask("POST", "/v1/queues/states/receive", { max: 1, client: "w" });
  await broker.ask("POST", "/v1/queues/states/nack", { items: [{ receipt: poison.receipt, dead: true, reason: "bad iban" }] });
  await broker.ask("POST", "/v1/queues/states/receive", { max: 1, client: "worker-7" });
  const view = await look("queues/states");
  for (const [state, n] of [["ready", "1"], ["in_flight", "1"], ["delayed", "1"], ["dead", "1"]]) await view.says(`count-${state}`, n);
  const shown = await view.page.locator('[data-testid="messages-table"] tr[data-state]').evaluateAll((rows) => rows.map(({ dataset }) => [dataset.offset, dataset.state]));
  const { items } = await broker.get("/v1/queues/states/messages");
  assert.deepEqual(shown, items.map(({ id, state }) => [id, state]));
  await view.button("Dead 1").click();
  await until(async () => (await view.page.locator('tr[data-state]').count()) === 1, "the dead one alone");
  await view.go("queues/states?open=0-1");
  await view.page.getByText("received by worker-7").first().waitFor();
  await view.go("queues/states?tab=consumers");
  await view.page.locator("td", { hasText: "worker-7" }).waitFor();
  assert.deepEqual((await broker.get("/v1/queues/states")).messages, { ready: 1, in_flight: 1, delayed: 1, blocked: 0, dead: 1 });
  await view.close();
});

test("the dead are redriven after a preview, and one message is deleted, another moved", async () => {
  const view = await look("queues/states?tab=redrive");
  await view.page.getByText("1 message, ").waitFor();
  await view.button("Redrive 1").click();
  await until(async () => (await broker.get("/v1/queues/states")).messages.dead === 0, "nobody is dead");
  await view.go("queues/states?open=0-3");
  await view.button("Deliver now").click();
  await until(async () => (await broker.get("/v1/queues/states")).messages.delayed === 0, "nothing is delayed");
  await view.go("queues/states?open=0-2");
  await view.page.locator("tr.detail").getByRole("button", { name: "Delete" }).click();
  await view.page.getByText("1 message of states is done with").waitFor();
  await view.button("Delete", view.dialog()).click();
  await until(async () => (await broker.get("/v1/queues/states/messages/0-2")).state === "acked", "0-2 is gone");
  await broker.ask("PUT", "/v1/queues/elsewhere", {});
  await view.go("queues/states?open=0-3");
  await view.page.locator("tr.detail").getByRole("button", { name: "Move" }).click();
  await view.dialog().getByLabel("To the queue").fill("elsewhere");
  await view.button("Move", view.dialog()).click();
  await until(async () => (await broker.get("/v1/queues/elsewhere")).messages.ready === 1, "0-3 is elsewhere");
  await view.close();
});

test("acked messages are replayed after a preview", async () => {
  await broker.ask("PUT", "/v1/queues/again", { source: { topic: "orders", from: "earliest" } });
  const { messages } = await broker.ask("POST", "/v1/queues/again/receive", { max: 5 });
  await broker.ask("POST", "/v1/queues/again/ack", { receipts: messages.map(({ receipt }) => receipt) });
  const view = await look("queues/again?tab=replay");
  await view.page.getByText(/^5 messages, /).waitFor();
  await view.button("Replay 5").click();
  await until(async () => (await broker.get("/v1/queues/again")).messages.ready === 13, "all are back");
  await view.page.locator("td", { hasText: "completed" }).first().waitFor();
  await view.close();
});

test("what is done is what was counted: an answer that comes late, or was for other words, counts no more", async () => {
  await broker.ask("PUT", "/v1/queues/counted", {});
  await broker.ask("POST", "/v1/queues/counted/messages", { messages: [1, 2, 3].map((n) => ({ value: { n } })) });
  await broker.ask("PUT", "/v1/queues/aside", {});
  const view = await look("queues/counted");
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const isHeld = (request) => request.method() === "POST" && request.postDataJSON().filter === "value.n > 0";
  await view.page.route("**/queues/counted/move", async (route) => (isHeld(route.request()) && (await held), route.continue()));
  await view.button("Move").click();
  const filter = view.dialog().getByLabel("Filter");
  const does = view.dialog().locator("button.does");
  await view.dialog().getByLabel("To the queue").fill("aside");
  await view.button("Move 3", view.dialog()).waitFor();
  const [asked] = await Promise.all([view.page.waitForRequest(isHeld), filter.fill("value.n > 0")]);
  assert.ok(await does.isDisabled(), "what was counted for other words can still be done");
  await filter.fill("value.n > 2");
  await view.button("Move 1", view.dialog()).waitFor();
  release();
  assert.equal((await (await asked.response()).json()).matched, 3);
  await view.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  assert.equal(await does.textContent(), "Move 1");
  await does.click();
  await until(async () => (await broker.get("/v1/queues/aside")).messages.ready === 1, "one is moved");
  assert.equal((await broker.get("/v1/queues/counted")).messages.ready, 2);
  await view.close();
});

test("more than a thousand messages go only when the name is typed", async () => {
  await broker.ask("PUT", "/v1/queues/full", {});
  for (let i = 0; i < 2; i += 1) await broker.ask("POST", "/v1/queues/full/messages", { messages: Array.from({ length: 600 }, () => ({ text: "x" })) });
  const view = await look("queues/full");
  await view.button("Purge").click();
  await view.page.getByText("1,200").first().waitFor();
  const purge = view.button("Purge", view.dialog());
  await view.id("type-name").waitFor();
  assert.ok(await purge.isDisabled());
  await view.id("type-name").fill("ful");
  assert.ok(await purge.isDisabled());
  await view.id("type-name").fill("full");
  await purge.click();
  await until(async () => (await broker.get("/v1/queues/full")).messages.ready === 0, "it is empty");
  await view.button("Delete").click();
  await view.page.getByText("0 messages are deleted with it.").waitFor();
  await view.button("Delete", view.dialog()).click();
  await until(async () => (await broker.call("GET", "/v1/queues/full")).status === 404, "the queue is gone");
  await until(() => view.page.url().endsWith("#/queues"), "back to the list");
  await view.close();
});

test("a group is moved after a preview of what is read again", async () => {
  await broker.ask("POST", "/v1/groups/late/seek", { topic: "orders", to: "latest" });
  const view = await look("groups/late");
  await view.says("lag", "0records");
  await view.button("Seek").click();
  await view.page.getByText("13 are read again, 0 are skipped").waitFor();
  await view.button("Seek", view.dialog()).click();
  await view.says("lag", "13records");
  await view.button("Delete").click();
  await view.page.getByText("2 committed offsets are forgotten").waitFor();
  await view.button("Delete", view.dialog()).click();
  await until(async () => (await broker.call("GET", "/v1/groups/late")).status === 404, "the group is gone");
  await view.close();
});

test("every action shows its command", async () => {
  const view = await look("queues/billing");
  await view.button("Receive").click();
  for (const program of ["twofold", "curl", "aws"]) await view.page.getByRole("group", { name: `${program} command` }).waitFor();
  await view.page.keyboard.press("Escape");
  await view.button("Purge").click();
  await view.button("Show command", view.dialog()).click();
  assert.match(await view.dialog().textContent(), /queue purge billing/);
  await view.close();
});

test("what another client sends is on the page within a second, and in the live tail within half of one", async () => {
  const view = await look("tail?topics=orders");
  const sqs = await look("queues/elsewhere");
  await sqs.says("count-ready", "1");
  await broker.sqs("SendMessage", { QueueUrl: `${broker.url}/000000000000/elsewhere`, MessageBody: "over SQS" });
  await sqs.says("count-ready", "2", 2_500);
  await view.page.getByText("Nothing has happened yet").waitFor();
  await until(async () => {
    await broker.ask("POST", "/v1/topics/orders/records", { key: "live", value: { at: Date.now() } });
    return view.page.locator('[data-testid="feed"] tr').first().waitFor({ timeout: 500 }).then(() => true, () => false);
  }, "the tail shows an append", 5_000);
  await view.button("Pause").click();
  await broker.ask("POST", "/v1/topics/orders/records", { key: "live", text: "while paused" });
  await view.page.getByRole("button", { name: /Go on \(1 waiting\)/ }).click();
  await view.page.getByText("while paused").waitFor();
  await Promise.all([view.close(), sqs.close()]);
});

test("a broker that went away leaves the data, says how old it is, and comes back by itself", async () => {
  const view = await look("queues/billing");
  await view.says("count-ready", String((await broker.get("/v1/queues/billing")).messages.ready));
  await broker.stop("SIGKILL");
  await view.page.getByText(/What you see is .* old/).waitFor();
  assert.equal(await view.id("pulse").getAttribute("data-state"), "lost");
  assert.notEqual(await view.id("count-ready").textContent(), "0");
  await broker.start();
  await until(async () => (await view.id("lost").count()) === 0, "the warning goes");
  await broker.ask("POST", "/v1/topics/orders/records", { key: "after", value: 1 });
  await view.says("count-ready", String((await broker.get("/v1/queues/billing")).messages.ready));
  await view.close();
});
