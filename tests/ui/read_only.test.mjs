// Pages that only show: nothing on them changes anything, and they say so.
import assert from "node:assert/strict";
import { test } from "node:test";

import { stage } from "./_browser.mjs";

const { broker, look } = stage(async () => {
  await broker.ask("PUT", "/v1/topics/orders", {});
  await broker.ask("POST", "/v1/topics/orders/records", { value: 1 });
  await broker.ask("PUT", "/v1/queues/jobs", {});
  await broker.ask("POST", "/v1/queues/jobs/messages", { messages: [{ text: "later", delay: "1h" }] });
}, ["ui.read_only=true"]);

const ACTIONS = /^(Create (topic|queue)|Publish|Send|Pause|Move|Purge|Delete|Change|Trim|Attach a|Redrive (\d|$)|Replay (\d|$)|Seek|Close|Deliver|End)/;

test("no page has an action, and each says that it only shows", async () => {
  const view = await look("overview");
  for (const hash of ["topics", "topics/orders?open=0-0", "topics/orders?tab=config", "queues", "queues/jobs?open=0-0", "queues/jobs?tab=redrive", "queues/jobs?tab=replay", "queues/jobs?tab=config", "groups", "clients", "server"]) {
    await view.go(hash);
    await view.page.getByText("read-only", { exact: true }).waitFor();
    await view.page.waitForTimeout(300); // what comes with the first answers
    const buttons = await view.page.locator("main button:visible").allTextContents();
    assert.deepEqual(buttons.filter((text) => ACTIONS.test(text.trim())), [], hash);
  }
  await view.go("kitchen");
  await view.page.getByText("these pages only show").waitFor();
  assert.equal(await view.page.getByRole("link", { name: "Kitchen" }).count(), 0);
  assert.equal(await view.id("open").count(), 0, "this broker listens on its own machine alone");
  await view.close();
});

test("what a page asks nevertheless is not sent", async () => {
  const view = await look("queues/jobs");
  await view.page.getByText("read-only", { exact: true }).waitFor();
  const refused = await view.page.evaluate(async () => {
    const { post } = await import("/ui/core/api.js");
    return post("/v1/queues/jobs/purge").catch(({ status }) => status);
  });
  assert.equal(refused, 403);
  assert.equal((await broker.get("/v1/queues/jobs")).messages.delayed, 1);
  await view.close();
});
