// What holds on every page, in both themes: people without a mouse, a screen reader, a strict policy, hostile data.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { until } from "./_broker.mjs";
import { require, stage } from "./_browser.mjs";

const RTL = "\u202Egnp.exe\u202C \u05E9\u05DC\u05D5\u05DD";
const HOSTILE = [
  { key: "<b>key</b>", text: "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>" },
  { key: "emoji", text: "👩‍🍳🍜 \u0000\u0007 \uFFFD" },
  { key: RTL, text: RTL },
  { key: "proto", value: { __proto__: null, constructor: "x", "<i>": ["</script>"] } },
  { key: "binary", bytes: Buffer.from([0, 1, 2, 0x80, 0xff, 0x3c, 0x62, 0x3e]).toString("base64") },
];

const { broker, look } = stage(async () => {
  await broker.ask("PUT", "/v1/topics/orders", { partitions: 2 });
  await broker.ask("PUT", "/v1/queues/jobs", { max_receives: 1 });
  await broker.ask("POST", "/v1/topics/orders/records", { records: HOSTILE.map((record) => ({ ...record, headers: { "x-<i>": "<u>header</u>" } })) });
  await broker.ask("POST", "/v1/queues/jobs/messages", { messages: [...HOSTILE, { text: "later", delay: "1h" }] });
  await broker.ask("POST", "/v1/groups/audit/poll", { topics: ["orders"], member: "m<1>" });
  await broker.ask("POST", "/v1/groups/audit/commit", { member: "m<1>", offsets: { orders: { 0: 0 } } });
  const { messages } = await broker.ask("POST", "/v1/queues/jobs/receive", { max: 2, client: "<b>worker</b>" });
  await broker.ask("POST", "/v1/queues/jobs/nack", { items: [{ receipt: messages[0].receipt, dead: true, reason: "<b>no</b>" }] });
});

const PAGES = ["overview", "topics", "topics/orders", "topics/orders?tab=partitions", "topics/orders?tab=readers", "topics/orders?tab=config", "topics/orders?open=0-0", "queues", "queues/jobs", "queues/jobs?open=0-1",
  "queues/jobs?tab=explain", "queues/jobs?tab=redrive", "queues/jobs?tab=replay", "queues/jobs?tab=consumers", "queues/jobs?tab=config", "groups", "groups/audit", "tail", "tail?topics=orders", "server",
  "server?tab=limits", "server?tab=metrics", "server?tab=config", "server?tab=log", "clients", "kitchen", "kitchen?view=table", "kitchen?lesson=1"];
const AXE = () => readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing serious on any page, ${colorScheme}`, async () => {
    const view = await look("overview", { colorScheme, bypassCSP: true });
    const found = [];
    for (const hash of PAGES) {
      await view.go(hash);
      await view.page.waitForTimeout(400); // a page that looks once more: what changes is looked at, too
      await view.page.evaluate(AXE());
      const { violations } = await view.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      for (const { id, impact, nodes } of violations) {
        if (impact === "serious" || impact === "critical") found.push(`${hash}: ${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ""}`).join(" | ")}`);
      }
    }
    assert.deepEqual(found, []);
    await view.close();
  });
}

test("nothing is asked of another server, and the policy holds on every page", async () => {
  const view = await look("overview");
  const [page] = [await fetch(`${broker.url}/ui/`)];
  const policy = page.headers.get("content-security-policy");
  assert.match(policy, /default-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
  await view.page.evaluate(() => {
    globalThis.refused = [];
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => globalThis.refused.push(`${violatedDirective} ${blockedURI}`));
  });
  for (const hash of PAGES) {
    await view.page.evaluate((to) => (location.hash = `#/${to}`), hash);
    await view.page.waitForTimeout(250);
  }
  assert.deepEqual(await view.page.evaluate(() => globalThis.refused), []);
  await view.close(); // what was asked of others fails here
});

test("a script that somebody slips in does not run", async () => {
  const view = await look("overview");
  const ran = await view.page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "globalThis.slippedIn = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", "<img src='missing.png' onerror='globalThis.slippedIn = true'>");
    await new Promise((resolve) => setTimeout(resolve, 300));
    return globalThis.slippedIn === true;
  });
  assert.equal(ran, false);
  view.faults = view.faults.filter((fault) => !fault.includes("Content Security Policy")); // said by the browser, as it should
  await view.close();
});

test("hostile data is text wherever it is shown", async () => {
  const view = await look("topics/orders?from=earliest");
  const { records } = await broker.get("/v1/topics/orders/records?from=earliest&limit=100");
  for (const record of records) {
    await view.go(`topics/orders?from=earliest&open=${record.id}`);
    const shown = await view.id("value").textContent();
    if (record.text !== undefined) assert.equal(shown, record.text);
    if (record.bytes !== undefined) assert.match(shown, /^00000000 {2}00 01 02 80 ff 3c 62 3e .*·····<b>$/);
    if (record.key === "<b>key</b>") await view.page.getByText("<u>header</u>").waitFor();
  }
  for (const hash of ["queues/jobs", "queues/jobs?open=0-0", "queues/jobs?tab=consumers", "groups/audit", "tail?topics=orders", "queues/%3Cimg%20src=x%3E", "topics/%3Cscript%3E"]) {
    await view.go(hash);
    await view.page.waitForTimeout(300);
    assert.equal(await view.page.locator("main :is(b, i, u, script, img[src='x'])").filter({ hasText: /key|header|worker|no/ }).count(), 0, hash);
    assert.notEqual(await view.page.title(), "broken");
  }
  await view.close();
});

test("a body of a mebibyte is cut, and can be had whole", async () => {
  const text = "0123456789abcdef".repeat(65_000);
  await broker.ask("PUT", "/v1/topics/large", {});
  await broker.ask("POST", "/v1/topics/large/records", { text });
  const view = await look("topics/large?open=0-0");
  await view.page.getByText("1,040,000 bytes in all").waitFor();
  assert.equal((await view.id("value").textContent()).length, 64 * 1024);
  const [download] = await Promise.all([view.page.waitForEvent("download"), view.button("Download").click()]);
  assert.equal(readFileSync(await download.path(), "utf8"), text);
  await view.close();
});

test("everything is reached and done with the keyboard alone", async () => {
  await broker.ask("PUT", "/v1/queues/keys", {});
  await broker.ask("POST", "/v1/queues/keys/messages", { text: "to be deleted" });
  const view = await look("queues");
  const { keyboard } = view.page;
  const focused = () => view.page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.getAttribute("aria-label") || document.activeElement.tagName);
  const tabTo = async (wanted) => {
    for (let i = 0; i < 120; i += 1) {
      if ((await focused()) === wanted) return;
      await keyboard.press("Tab");
    }
    assert.fail(`Tab never came to ${wanted}`);
  };
  await view.page.locator('tr[data-name="keys"]').waitFor();
  await keyboard.press("Tab");
  assert.equal(await focused(), "To the content");
  await keyboard.press("Enter");
  await tabTo("keys");
  await keyboard.press("Enter");
  await view.says("count-ready", "1");
  await tabTo("0-0");
  await keyboard.press("Enter");
  await view.page.locator("tr.detail").waitFor();
  await tabTo("Purge");
  await keyboard.press("Enter");
  await view.page.getByText("1 messages are deleted; the queue stays.").waitFor();
  const isInDialog = () => view.page.evaluate(() => Boolean(document.activeElement.closest("dialog")));
  assert.ok(await isInDialog(), "the dialog has the focus");
  await keyboard.press("Escape");
  assert.equal(await view.page.locator("dialog").count(), 0);
  assert.equal(await focused(), "Purge", "the focus is back where it was");
  await keyboard.press("Enter");
  await view.dialog().getByText("1 messages are deleted").waitFor();
  for (let i = 0; (await focused()) !== "Purge" || !(await isInDialog()); i += 1) {
    assert.ok(i < 20, "Tab comes to the dialog's Purge");
    await keyboard.press("Tab");
  }
  await keyboard.press("Enter");
  await until(async () => (await broker.get("/v1/queues/keys")).messages.ready === 0, "it is purged");
  await view.close();
});

test("the theme is the system's until another is chosen, and stays chosen", async () => {
  const view = await look("overview", { colorScheme: "dark" });
  const paper = () => view.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await paper();
  await view.button("Light").click();
  const light = await paper();
  assert.notEqual(dark, light);
  await view.page.reload();
  assert.equal(await paper(), light);
  await view.button("Auto").click();
  assert.equal(await paper(), dark);
  await view.go("overview?theme=light");
  await view.page.reload();
  assert.equal(await paper(), light);
  await view.close();
});

test("the first page stands quickly", async () => {
  const view = await look("overview");
  await view.page.reload();
  const paint = await until(() => view.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime), "something is painted");
  console.log(`# first contentful paint after ${Math.round(paint)} ms`);
  assert.ok(paint < 2_000, `${paint} ms`);
  await view.close();
});
