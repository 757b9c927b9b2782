// Not a test, for it takes minutes: the memory of the kitchen's page at 200 events a second, after garbage was collected,
// once a minute; and how soon something is painted. `MINUTES` (10).
//     python3 tests/ui/_run.py tests/ui/_flat.mjs
import { Broker } from "./_broker.mjs";
import { launch, View } from "./_browser.mjs";

const RATE = 200; // events a second: half of them appended, half delivered and acked
const MINUTES = Number(process.env.MINUTES ?? 10);
const broker = await new Broker().start();
const browser = await launch();
try {
  const view = await View.open(browser, broker, { hash: "kitchen" });
  await view.page.waitForSelector('html[data-ready="1"]');
  await view.id("take").click(); // who only looks makes nothing
  const paint = await view.page.evaluate(() => performance.getEntriesByType("paint").map(({ name, startTime }) => `${name} ${Math.round(startTime)} ms`));
  console.log(paint.join(", "));
  const client = await view.context.newCDPSession(view.page);
  const heap = async () => {
    await client.send("HeapProfiler.collectGarbage");
    return (await client.send("Runtime.getHeapUsage")).usedSize / 2 ** 20;
  };
  let n = 0;
  const every = setInterval(async () => {
    const records = Array.from({ length: RATE / 20 }, () => ({ key: `table-${n % 6}`, value: { order: (n += 1), dish: "soup" } }));
    await broker.ask("POST", "/v1/topics/orders/records", { records }).catch(() => {});
    const { messages = [] } = await broker.ask("POST", "/v1/queues/kitchen/receive", { max: 20 }).catch(() => ({}));
    if (messages.length > 0) await broker.ask("POST", "/v1/queues/kitchen/ack", { receipts: messages.map(({ receipt }) => receipt) }).catch(() => {});
  }, 100);
  for (let minute = 0; minute <= MINUTES; minute += 1) {
    console.log(`after ${minute} min: ${(await heap()).toFixed(1)} MiB, ${n} orders`);
    if (minute < MINUTES) await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
  clearInterval(every);
  await view.close();
} finally {
  await browser.close();
  await broker.remove();
}
