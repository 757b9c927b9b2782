// A page in headless Chromium, of the broker's own origin: what a story says there comes out here.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import { hear, listened, say, url } from "./story.mjs";

const { chromium } = createRequire(process.env.NODE_PATH + "/")("playwright-core");
const CLIENT = fileURLToPath(new URL("../../../clients/js/", import.meta.url));

const stories = {
  // EventSource as browsers have it: it comes back by itself with the id of the last event.
  async events() {
    const seen = [];
    let errors = 0;
    const source = new EventSource("/v1/topics/events/records?from=earliest");
    source.addEventListener("error", () => (errors += 1));
    source.addEventListener("record", (event) => {
      seen.push(JSON.parse(event.data).value);
      if (seen.length % 10 === 0) say({ seen, errors, state: source.readyState });
    });
    await hear();
    source.close();
  },

  async stream() {
    const { connect, UnknownOutcome } = await import("/client/twofold.js");
    const client = await connect(location.origin);
    const records = await client.subscribe({ topic: "stream", from: "earliest", max_batch: 3 });
    const jobs = await client.subscribe({ queue: "stream-jobs", credit: { messages: 2 } });
    let disconnected = 0;
    client.on("disconnected", () => (disconnected += 1));
    await client.publish("stream", Array.from({ length: 5 }, (_, n) => ({ value: n, bytes: undefined })));
    const seen = [];
    for (let rest = await hear(); ; rest = await hear()) {
      if (rest === "end") break;
      while (seen.length < rest) seen.push((await records.next()).value.value);
      const { value: job } = await jobs.next();
      say({ seen, disconnected, job: job.value, result: await job.ack(), unknown: UnknownOutcome.name });
    }
    await client.close();
    say({ closed: (await client.closed).message });
  },
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const page = await (await browser.newContext({ bypassCSP: true })).newPage();
page.on("pageerror", (error) => console.error(error));
await page.route("**/client/*.js", (route) => route.fulfill({
  path: CLIENT + new URL(route.request().url()).pathname.split("/").at(-1), contentType: "text/javascript" }));
await page.exposeFunction("say", say);
await page.exposeFunction("hear", hear);
await page.goto(`${url}/livez`);
await page.evaluate(stories[process.argv[2]]);
await browser.close();
listened();
