// What the pages show of the past, of who is connected and of the broker itself, beside what the API says.
import assert from "node:assert/strict";
import { test } from "node:test";

import { until } from "./_broker.mjs";
import { stage } from "./_browser.mjs";

const { broker, look } = stage(async () => {
  await broker.ask("PUT", "/v1/topics/orders", {});
  await broker.ask("PUT", "/v1/topics/quiet", {});
  await broker.ask("PUT", "/v1/queues/billing", { source: { topic: "orders", from: "earliest" } });
  await broker.ask("PUT", "/v1/queues/asleep", {});
  await broker.ask("POST", "/v1/topics/orders/records", { value: "the past begins here" });
  await until(async () => (await broker.get("/v1/stats?queue=billing")).series.in.length > 0, "the queue has a past");
});

async function work(n) {
  await broker.ask("POST", "/v1/topics/orders/records", { records: Array.from({ length: n }, (_, value) => ({ value })) });
  const { messages } = await broker.ask("POST", "/v1/queues/billing/receive", { max: n });
  await broker.ask("POST", "/v1/queues/billing/ack", { receipts: messages.map(({ receipt }) => receipt) });
}

const number = (text) => Number(text.replaceAll(",", ""));
const shown = (view, table, name, rate) => view.page.locator(`[data-testid="${table}"] tr[data-name="${name}"] [data-rate="${rate}"]`).textContent().then(number, () => NaN);

test("rates in the lists are those of the API, and who moves most is on top", async () => {
  for (const [page, table, name] of [["queues", "queues", "billing"], ["topics", "topics", "orders"]]) {
    const view = await look(page);
    await work(40);
    await until(async () => {
      const rates = await broker.get("/v1/stats/rates");
      const said = rates[table].find((one) => one.name === name);
      const seen = [await shown(view, table, name, "in"), await shown(view, table, name, "out")];
      return said.in > 0 && Math.abs(seen[0] - said.in) <= 0.06 + said.in / 10 && Math.abs(seen[1] - said.out) <= 0.06 + said.out / 10;
    }, `${table} show the rates of the API`);
    assert.equal(await view.page.locator("a.name").first().textContent(), name);
    await view.close();
  }
});

test("a queue's charts say what the API says, also after the page was opened anew", async () => {
  await work(30);
  for (let time = 0; time < 2; time += 1) {
    const view = await look("queues/billing");
    for (const title of ["Depth", "Messages a second", "Wait, from stored to first delivery", "Work, from delivery to ack"]) await view.page.getByRole("img", { name: `${title}:` }).waitFor();
    await until(async () => {
      const { series } = await broker.get("/v1/stats?queue=billing");
      return (await view.page.getByRole("img", { name: "Depth:" }).getAttribute("aria-label")).startsWith(`Depth: ready ${series.ready.at(-1)}, in flight ${series.in_flight.at(-1)}`);
    }, "the depths of the API");
    const label = await view.page.getByRole("img", { name: "Wait," }).getAttribute("aria-label");
    assert.match(label, /half within [\d.]+ m?s, 99 of 100 within [\d.]+ m?s$/, "something was delivered within ten minutes");
    await view.button("24 hours").click();
    assert.match(view.page.url(), /window=24h/);
    await view.close();
  }
});

test("a topic's chart counts readers and queues", async () => {
  const view = await look("topics/orders");
  await view.page.getByRole("img", { name: "Records a second:" }).waitFor();
  await view.close();
});

test("the hottest keys of a partition are those of its newest records", async () => {
  await broker.ask("PUT", "/v1/topics/keys", {});
  await broker.ask("POST", "/v1/topics/keys/records", { records: Array.from({ length: 20 }, (_, n) => ({ key: n < 15 ? "<b>hot</b>" : `cold_${n}`, value: n })) });
  const view = await look("topics/keys?tab=partitions");
  await view.page.locator('[data-keys="0"]', { hasText: "<b>hot</b> 75 %" }).waitFor();
  await view.close();
});

test("clients are shown as the API lists them, and one is closed after it was asked", async () => {
  const view = await look("clients");
  const other = await look("tail?queues=asleep");
  const find = async () => (await broker.get("/v1/connections?limit=1000")).items.find(({ subscriptions }) => subscriptions.includes("looks on queue asleep"));
  const one = await until(find, "the stream is connected");
  const row = view.page.locator(`[data-testid="clients"] tr[data-name="${one.id}"]`);
  await row.waitFor();
  assert.match(await row.textContent(), new RegExp(`WebSocket.*${one.peer}.*looks on queue asleep`));
  await row.getByRole("button").click();
  await view.dialog().getByText("connection is cut where it stands").waitFor();
  await view.button("Close", view.dialog()).click();
  await row.waitFor({ state: "detached" });
  assert.notEqual((await until(find, "it has come again")).id, one.id);
  await Promise.all([view.close(), other.close()]);
});

test("the live tail tells what happens to a queue, beside the appends of a topic", async () => {
  const view = await look("tail?topics=orders&queues=billing");
  await view.page.getByText("Nothing has happened yet").waitFor();
  await until(async () => {
    await work(1);
    return view.page.locator('[data-event="acked"]').first().waitFor({ timeout: 500 }).then(() => true, () => false);
  }, "an ack", 10_000);
  await view.page.locator('[data-event="delivered"]').first().waitFor();
  assert.ok((await view.page.locator('[data-testid="feed"] tr:not([data-event])').count()) > 0, "and the record itself");
  await view.close();
});

test("settings and the log are those of the API", async () => {
  const view = await look("server?tab=config");
  const { items } = await broker.get("/v1/config");
  await view.page.locator("tbody tr").nth(items.length - 1).waitFor();
  assert.deepEqual(await view.page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map(({ textContent }) => textContent))), items.map(({ key, value, origin }) => [key, value, origin]));
  await view.page.getByLabel("Filter settings").fill("min_free");
  assert.equal(await view.page.locator("tbody tr").count(), 1);
  await view.go("server?tab=log");
  await view.page.locator("[data-level]", { hasText: "twofold ready" }).waitFor();
  await view.button("error").click();
  await until(async () => (await view.page.locator("[data-level='info']").count()) === 0, "nothing but errors");
  await view.close();
});

test("the dead are grouped by why they died; some are redriven, one is put right first", async () => {
  await broker.ask("PUT", "/v1/queues/mails", {});
  await broker.ask("POST", "/v1/queues/mails/messages", { messages: Array.from({ length: 5 }, (_, n) => ({ value: { n }, key: `to_${n}`, headers: { region: n % 2 ? "EU" : "US" } })) });
  const { messages } = await broker.ask("POST", "/v1/queues/mails/receive", { max: 5 });
  await broker.ask("POST", "/v1/queues/mails/nack", { items: messages.map(({ receipt }, n) => ({ receipt, dead: true, reason: n < 3 ? "550 mailbox unavailable" : "<b>bad</b> address" })) });
  const view = await look("queues/mails?tab=redrive");
  const groups = () => view.page.locator('[data-testid="dead"] tr[data-group]').evaluateAll((rows) => rows.map((row) => [row.dataset.group, row.children[2].textContent]));
  await view.page.locator('[data-testid="dead"]').waitFor();
  assert.deepEqual(await groups(), [["550 mailbox unavailable", "3"], ["<b>bad</b> address", "2"]]);
  await view.page.getByLabel("Group by").selectOption("region");
  await until(async () => JSON.stringify(await groups()) === '[["US","3"],["EU","2"]]', "by region");
  await view.page.getByLabel("Group by").selectOption("reason");
  await view.page.getByLabel("Those of 550 mailbox unavailable").check();
  await view.button("Redrive 3 messages").click();
  await view.dialog().getByText("messages are ready again").waitFor();
  await view.button("Redrive", view.dialog()).click();
  await until(async () => (await broker.get("/v1/queues/mails")).messages.ready === 3, "three are ready again");
  assert.equal((await broker.get("/v1/queues/mails")).messages.dead, 2);
  await until(async () => (await groups()).length === 1, "one group is left");
  await view.button("Put right").click();
  await view.id("right-body").fill('{"n": 33, "fixed": true}');
  await view.button("Send instead", view.dialog()).click();
  await until(async () => (await broker.get("/v1/queues/mails")).messages.dead === 1, "it is done with");
  const { items } = await broker.get("/v1/queues/mails/messages?state=ready");
  const right = items.find(({ value }) => value.fixed);
  assert.deepEqual([right.key, right.headers.region], ["to_3", "EU"]);
  await view.close();
});
