// The pictures of docs/pictures: scripts/pictures runs this. A small shop that is busy, page by page.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Broker, until } from "./_broker.mjs";
import { launch, View } from "./_browser.mjs";
import { agree } from "./_kitchen.mjs";

const FOLDER = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
const BUSY_MS = 12_000; // so that the charts have something to show
const PAGES = {
  overview: "overview", topics: "topics", topic: "topics/orders?open=", readers: "topics/orders?tab=readers", queues: "queues", queue: "queues/billing", redrive: "queues/emails?tab=redrive",
  groups: "groups", group: "groups/analytics", tail: "tail?topics=orders", clients: "clients", server: "server", kitchen: "kitchen", lesson: "kitchen?lesson=3&autoplay=1",
};
const shopBroker = await new Broker().start();
const kitchenBroker = await new Broker().start();
const broker = shopBroker;
const browser = await launch();

const COUNTRIES = ["EU", "US", "JP"];
let next = 0;
const bill = () => (next += 1, { key: `bill_${next % 7}`, value: { bill: next, amount: (next * 37) % 400, state: next % 3 ? "pending" : "paid" }, headers: { region: COUNTRIES[next % 3] } });

async function shop() {
  await broker.ask("PUT", "/v1/topics/orders", { partitions: 3 });
  await broker.ask("PUT", "/v1/topics/prices", { cleanup: "compact" });
  await broker.ask("PUT", "/v1/topics/clicks", { partitions: 6, retention: { time: "1d" } });
  await broker.ask("POST", "/v1/topics/prices/records", { records: ["ACME", "INIT", "HOOL"].map((key, value) => ({ key, value })) });
  await broker.ask("POST", "/v1/topics/clicks/records", { records: Array.from({ length: 800 }, (_, n) => ({ key: `user_${n % 60}`, value: { page: `/p/${n % 9}` } })) });
  await broker.ask("PUT", "/v1/queues/emails-dead", {});
  await broker.ask("PUT", "/v1/queues/billing", { source: { topic: "orders", from: "earliest" }, order: "key", visibility_timeout: "30s", max_receives: 5 });
  await broker.ask("PUT", "/v1/queues/fraud", { source: { topic: "orders", from: "earliest", filter: "value.amount > 200" } });
  await broker.ask("PUT", "/v1/queues/emails", { max_receives: 1, visibility_timeout: "20s" });
  await broker.ask("POST", "/v1/queues/emails/messages", { messages: Array.from({ length: 30 }, (_, n) => ({ value: { to: `user${n}@example.org`, template: "invoice" }, ...(n % 6 === 0 && { delay: "10m" }) })) });
  const { messages } = await broker.ask("POST", "/v1/queues/emails/receive", { max: 6, client: "mailer-1" });
  await broker.ask("POST", "/v1/queues/emails/nack", { items: messages.slice(0, 4).map(({ receipt }) => ({ receipt, dead: true, reason: "550 mailbox unavailable" })) });
  for (const member of ["worker-1", "worker-2"]) await broker.ask("POST", "/v1/groups/analytics/poll", { topics: ["orders"], member, session: "10m" });
}

async function busy() {
  await broker.ask("POST", "/v1/topics/orders/records", { records: Array.from({ length: 20 + Math.round(15 * Math.sin(Date.now() / 900)) }, bill) });
  const { messages } = await broker.ask("POST", "/v1/queues/billing/receive", { max: 12, client: "billing-2" });
  if (messages.length > 0) await broker.ask("POST", "/v1/queues/billing/ack", { receipts: messages.slice(0, 10).map(({ receipt }) => receipt) });
  const { records, cursor } = await broker.ask("POST", "/v1/groups/analytics/poll", { topics: ["orders"], member: "worker-1", max: 12 });
  if (records.length > 0) await broker.ask("POST", "/v1/groups/analytics/commit", { member: "worker-1", cursor });
}

// Chromium itself makes the small file of it.
async function keep(png, path) {
  const page = await browser.newPage();
  const webp = await page.evaluate(async (data) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(data), (char) => char.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality: 0.9 })).arrayBuffer());
    return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
  }, png.toString("base64"));
  writeFileSync(path, Buffer.from(webp, "base64"));
  if (process.env.KEEP_PNG) writeFileSync(path.replace(/webp$/, "png"), png);
  await page.close();
}

async function service(view) {
  await view.id("reset").click();
  await until(async () => (await agree(view), (await view.id("n-end").textContent()) === "0"), "it is reset"); // the picture before left its own
  for (let i = 0; i < 12; i += 1) await view.id("take").click();
  await view.button("Start", view.page.locator('[data-testid="cook-A"]')).click();
  await view.button("Start", view.page.locator('[data-testid="cook-B"]')).click();
  await view.page.getByLabel("Work time of cook B").fill("3000");
  await view.button("Add reader", view.page.locator('[data-testid="reader-A"]')).click();
  await view.page.waitForSelector('[data-testid="ribbon-A"][data-offset="5"]');
  await view.button("Add reader", view.page.locator('[data-testid="reader-B"]')).click();
  await view.page.waitForSelector('[data-testid="ribbon-B"][data-offset="3"]');
  await view.page.locator('[data-testid="book"] [data-offset]').nth(4).hover();
}

const READY = {
  kitchen: service,
  lesson: async (view) => {
    await until(async () => (await agree(view), await view.page.locator('[data-testid="lesson"][data-step="1"]').count()) > 0, "the lesson's second step");
    await view.page.waitForSelector('[data-testid="cook-A"][data-state="crashed"]');
    await view.page.waitForTimeout(1_000); // the ring runs on
  },
  queue: (view) => view.page.waitForTimeout(6_000),
  group: (view) => view.page.waitForTimeout(6_000),
  tail: (view) => view.page.waitForSelector('[data-testid="feed"] tr:nth-child(12)'),
};

try {
  mkdirSync(FOLDER, { recursive: true });
  await shop();
  const work = setInterval(() => busy().catch(console.error), 250);
  await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PAGES);
  for (const name of wanted) {
    for (const colorScheme of ["light", "dark"]) {
      const newest = async () => (await broker.get("/v1/topics/orders/offsets")).partitions.map(({ partition, end }) => `${partition}-${end - 1}`)[0];
      const view = await View.open(browser, ["kitchen", "lesson"].includes(name) ? kitchenBroker : shopBroker, { hash: PAGES[name].replace(/open=$/, `open=${await newest()}`), colorScheme, viewport: { width: 1360, height: 880 } });
      await (READY[name]?.(view) ?? view.page.waitForTimeout(1_500));
      await keep(await view.page.screenshot(), `${FOLDER}${name}-${colorScheme}.webp`);
      await view.close();
    }
  }
  clearInterval(work);
} finally {
  await browser.close();
  await Promise.all([shopBroker.remove(), kitchenBroker.remove()]);
}
