// More queues than a page looks at: it says so, and none of its numbers passes for all of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { stage } from "./_browser.mjs";

const MANY = 2_001;
const AT_ONCE = 16;

const { broker, look } = stage(async () => {
  await broker.ask("PUT", "/v1/topics/orders", {});
  let n = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (n < MANY) await broker.ask("PUT", `/v1/queues/q-${n++}`, {});
  }));
});

test("a page that has not seen all says of what, and where it has it does not", async () => {
  const view = await look("overview");
  const figure = (title) => view.page.locator(".figure", { has: view.page.getByText(title, { exact: true }) }).locator("dd").first();
  await view.page.getByText("There are more than 2,000 queues: only the first are shown and counted.").waitFor();
  assert.deepEqual([await figure("Queues").textContent(), await figure("Dead").textContent(), await figure("Topics").textContent()], ["≥ 2,000", "≥ 0", "1"]);
  assert.equal(await view.page.getByText("No dead letters anywhere.").count(), 0);
  for (const [page, isCut] of [["topics", true], ["queues", true], ["groups", false]]) {
    await view.go(page);
    await view.page.getByRole("heading", { name: page, level: 1 }).waitFor();
    assert.equal(await view.id("cut").count() > 0, isCut, page);
  }
  await view.close();
});
