// A broker that asks for keys: the pages ask whoever looks, show what the key may see, and leave no trace of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { PROGRAM, until } from "./_broker.mjs";
import { require, stage } from "./_browser.mjs";
import { isReady } from "./_kitchen.mjs";

const folder = mkdtempSync(join(tmpdir(), "twofold-keys-"));
const file = join(folder, "keys.toml");
const key = (...words) => execFileSync(PROGRAM, ["key", ...words, "--keys-file", file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
const make = (name, ...allow) => key("create", name, ...allow.flatMap((grant) => ["--allow", grant]));
const ADMIN = make("admin", "* *");
const LOOKER = make("looker", "inspect *");
const ONE = make("one", "inspect queue:jobs");
const SENDER = make("sender", "publish topic:orders");
const [PASSING, GOING] = [make("passing", "* *"), make("going", "* *")];
after(() => rmSync(folder, { recursive: true, force: true }));

const { broker, look } = stage(async () => {
  broker.token = ADMIN;
  await broker.ask("PUT", "/v1/topics/orders", {});
  await broker.ask("POST", "/v1/topics/orders/records", { value: { table: 7 } });
  await broker.ask("PUT", "/v1/queues/jobs", {});
  await broker.ask("POST", "/v1/queues/jobs/messages", { text: "to do" });
}, [`auth.keys_file=${file}`]);

const field = (view) => view.page.getByLabel("Key", { exact: true });
const heading = (view, name) => view.page.getByRole("heading", { name, exact: true, level: 1 }).waitFor();
const asks = (view) => heading(view, "This broker asks for a key");

async function enter(view, token, { isKept = false } = {}) {
  await asks(view);
  await field(view).fill(token);
  if (isKept) await view.page.getByLabel("Remember it until this tab is closed").check();
  await view.button("Continue").click();
}

/** What the page holds where others could find it: nothing of the key but what was asked for. */
const traces = (view, token) => view.page.evaluate((secret) => Object.entries({
  address: location.href, markup: document.documentElement.outerHTML, fields: [...document.querySelectorAll("input, textarea")].map(({ value }) => value).join(" "),
  local: JSON.stringify({ ...localStorage }), tab: JSON.stringify({ ...sessionStorage }), cookies: document.cookie,
  requested: performance.getEntriesByType("resource").map(({ name }) => name).join(" "), history: JSON.stringify(history.state),
}).filter(([, text]) => (text ?? "").includes(secret)).map(([name]) => name), token.split("_").at(-1));

test("who shows no key is asked for one, and a wrong one is told so", async () => {
  const view = await look("queues");
  await asks(view);
  assert.equal(await field(view).getAttribute("type"), "password");
  assert.equal(await view.page.locator("nav").count(), 0);
  for (const [wrong, said] of [[`${ADMIN.slice(0, -1)}${ADMIN.endsWith("0") ? "1" : "0"}`, /This is no key of this broker/], ["ключ", /This is no key: /]]) {
    await enter(view, wrong);
    await view.page.getByRole("alert").filter({ hasText: said }).waitFor();
    assert.equal(await field(view).inputValue(), "");
    assert.deepEqual(await traces(view, wrong), []);
  }
  await enter(view, ` ${ADMIN} `);
  await view.page.locator('tr[data-name="jobs"]').waitFor();
  assert.deepEqual(await traces(view, ADMIN), []);
  await view.page.reload();
  await asks(view); // it was not to be remembered
  await view.close();
});

test("a key that is remembered stays in its tab, until it is forgotten", async () => {
  const view = await look("queues");
  await enter(view, ADMIN, { isKept: true });
  await view.page.locator('tr[data-name="jobs"]').waitFor();
  assert.deepEqual(await traces(view, ADMIN), ["tab"]);
  await view.page.reload();
  await view.page.locator('tr[data-name="jobs"]').waitFor();
  const other = await view.context.newPage();
  await other.goto(`${broker.url}/ui/#/queues`);
  await other.getByRole("heading", { name: "This broker asks for a key" }).waitFor();
  await other.close();
  await view.button("Forget the key").click();
  await asks(view);
  assert.deepEqual(await traces(view, ADMIN), []);
  await view.page.reload();
  await asks(view);
  await view.close();
});

test("the kitchen works with its sockets, each with a proof of its own", async () => {
  const view = await look("kitchen");
  const sockets = [];
  view.page.on("websocket", (socket) => sockets.push(socket.url()));
  await enter(view, ADMIN);
  await isReady(view);
  await view.page.evaluate(() => document.querySelector('[data-testid="take"]').click());
  await view.says("n-ready", "2"); // one of the tests'
  await view.page.keyboard.press("1");
  await view.page.keyboard.press("Shift+Digit1");
  await until(async () => (await broker.get("/v1/queues/kitchen")).messages.ready === 0, "a cook has taken the order");
  await until(async () => (await broker.get("/v1/groups/orders-reader-a")).offsets.orders["0"].committed > 0, "a reader has read");
  const connected = async () => (await broker.get("/v1/connections")).items;
  // The stream is cut: the next one needs a ticket of its own.
  const stream = (await connected()).find(({ subscriptions }) => subscriptions.some((text) => text.startsWith("looks on")));
  assert.ok(stream, JSON.stringify(await connected()));
  const before = sockets.length;
  await broker.call("DELETE", `/v1/connections/${stream.id}`);
  await until(() => sockets.length > before, "another stream is opened");
  await view.page.evaluate(() => document.querySelector('[data-testid="take"]').click());
  await until(async () => (await view.id("n-end").textContent()) === "3", "what comes after is shown"); // one of the tests', two of the kitchen's
  const tickets = sockets.map((url) => new URL(url).searchParams.get("ticket")).filter(Boolean);
  assert.ok(tickets.length >= 2, sockets.join(" "));
  assert.equal(new Set(tickets).size, tickets.length);
  assert.deepEqual(sockets.filter((url) => url.includes(ADMIN.split("_").at(-1))), []);
  assert.deepEqual(await traces(view, ADMIN), []);
  await view.close();
});

test("pages that only show get tickets, and nothing else", async () => {
  const view = await look("queues");
  await enter(view, ADMIN);
  await view.page.locator('tr[data-name="jobs"]').waitFor();
  const [ticket, refused] = await view.page.evaluate(async () => {
    const { post, readOnly, ticket } = await import("/ui/core/api.js");
    readOnly.value = true;
    return Promise.all([ticket(), post("/v1/queues/jobs/purge").catch(({ message }) => message)]);
  });
  assert.match(ticket, /^[0-9a-f]{64}$/);
  assert.match(refused, /only show/);
  await view.close();
});

test("the live tail follows topics and queues", async () => {
  const view = await look("tail?topics=orders&queues=jobs");
  await enter(view, ADMIN);
  await view.page.getByText("Nothing has happened yet").waitFor();
  await until(async () => {
    await broker.ask("POST", "/v1/topics/orders/records", { value: { table: 8 } });
    await broker.ask("POST", "/v1/queues/jobs/messages", { text: "more" });
    const kinds = await view.page.locator('[data-testid="feed"] .kind').allTextContents();
    return kinds.includes("orders") && kinds.includes("jobs");
  }, "both are shown");
  await view.close();
});

test("a key that only looks sees the pages, and is told there what it may not", async () => {
  const view = await look("overview");
  await enter(view, LOOKER);
  await heading(view, "Overview");
  await view.go("queues/jobs");
  await view.page.getByText("to do").first().waitFor();
  await view.go("server");
  await view.page.getByRole("table", { name: "This process" }).waitFor();
  for (const tab of ["config", "log"]) {
    await view.go(`server?tab=${tab}`);
    await view.page.getByRole("alert").filter({ hasText: "This key may not manage the whole broker." }).waitFor();
    await view.page.getByRole("navigation", { name: "About the server" }).waitFor();
  }
  await view.go("topics/orders");
  await view.page.getByRole("alert").filter({ hasText: "This key may not consume the topic orders." }).waitFor();
  await view.go("tail?topics=orders");
  await view.page.getByRole("alert").filter({ hasText: "This key may not consume the topic orders." }).waitFor();
  await view.close();
});

test("a key of one queue, or of none, is told in each part what it may not see", async () => {
  const view = await look("queues");
  await enter(view, ONE);
  await view.page.locator('tr[data-name="jobs"]').waitFor();
  await view.go("overview");
  await view.page.getByRole("alert").filter({ hasText: "This key may not inspect the whole broker." }).waitFor();
  await view.page.getByRole("table", { name: "Queues with most waiting" }).getByText("jobs").waitFor();
  await view.go("queues/jobs");
  await view.page.getByText("to do").first().waitFor();
  await view.go("server");
  await view.page.getByRole("table", { name: "Checks" }).waitFor();
  await view.page.getByRole("alert").filter({ hasText: "This key may not inspect" }).waitFor();
  await view.go("kitchen");
  await view.page.getByText("The key may not look on here.").waitFor();
  await view.close();
  const other = await look("topics");
  await enter(other, SENDER);
  await other.page.getByRole("alert").filter({ hasText: "This key may not inspect" }).waitFor();
  await other.go("overview");
  await heading(other, "Overview");
  await other.close();
});

for (const [name, token, hash] of [["passing", PASSING, "queues/jobs"], ["going", GOING, "kitchen"]]) {
  test(`a key that is revoked leads back to the form: ${hash}`, async () => {
    const view = await look(hash);
    await enter(view, token, { isKept: true });
    await view.page.getByRole("button", { name: "Forget the key" }).waitFor();
    if (hash === "kitchen") await isReady(view);
    key("revoke", name);
    broker.reload();
    await asks(view);
    await view.page.getByRole("alert").filter({ hasText: "it may have been revoked" }).waitFor();
    assert.deepEqual(await traces(view, token), []);
    await enter(view, ADMIN);
    if (hash === "kitchen") await isReady(view);
    else await view.says("count-dead", "0");
    await view.close();
  });
}

test("downloads and commands have what they need, and never the key", async () => {
  const view = await look("server");
  await enter(view, LOOKER);
  const [download] = await Promise.all([view.page.waitForEvent("download"), view.page.locator('a[href="/metrics"]').click()]);
  assert.match(readFileSync(await download.path(), "utf8"), /^twofold_build_info\{/m);
  await view.go("queues/jobs");
  await view.button("Show command").first().click();
  await view.dialog().getByText('-H "Authorization: Bearer $TWOFOLD_TOKEN"').first().waitFor();
  assert.deepEqual(await traces(view, LOOKER), []);
  await view.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing serious in the form and the refusals, ${colorScheme}`, async () => {
    const view = await look("overview", { colorScheme, bypassCSP: true });
    const serious = async (what) => {
      await view.page.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
      const { violations } = await view.page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => `${what}: ${id}: ${nodes[0].html.slice(0, 160)}`), []);
    };
    await asks(view);
    await serious("the form");
    await enter(view, "tk_nobody_0");
    await view.page.getByRole("alert").waitFor();
    await serious("a wrong key");
    await enter(view, ONE);
    await heading(view, "Overview");
    await serious("refusals");
    await view.close();
  });
}
