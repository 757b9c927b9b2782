// Debian's Chromium, one for each file of tests; pages that break, or ask another server, fail their test.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before } from "node:test";

import { Broker, until } from "./_broker.mjs";

export const require = createRequire(`${process.env.NODE_PATH}/`);

export async function launch() {
  const { chromium } = require("playwright-core");
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}

/** A fresh profile's page. `faults` are what it threw or was refused, `foreign` the requests to others. */
export class View {
  faults = [];
  foreign = [];

  static async open(browser, broker, { hash = "", ...options } = {}) {
    const view = new View();
    view.broker = broker;
    view.context = await browser.newContext({ viewport: { width: 1400, height: 960 }, ...options });
    view.page = await view.context.newPage();
    view.page.setDefaultTimeout(60_000);
    view.page.on("pageerror", (error) => view.faults.push(error.stack));
    view.page.on("console", (message) => {
      // A broker that is away, or says no, is the page's business; a policy that was broken is ours.
      if (message.type() === "error" && !/Failed to load resource|WebSocket connection to|ERR_CONNECTION/.test(message.text())) view.faults.push(message.text());
    });
    view.page.on("request", (request) => {
      if (/^(https?|wss?):/.test(request.url()) && new URL(request.url()).host !== `127.0.0.1:${broker.port}`) view.foreign.push(request.url());
    });
    await view.go(hash);
    return view;
  }

  async go(hash) {
    await this.page.goto(`${this.broker.url}/ui/#/${hash}`);
    await this.page.waitForSelector("main h1");
  }

  id = (testid) => this.page.locator(`[data-testid="${testid}"]`);
  button = (name, within = this.page) => within.getByRole("button", { name, exact: true });
  dialog = () => this.page.locator("dialog[open]").last();

  /** The text of something becomes what is wanted: pages look again every second. */
  async says(testid, wanted, ms = 10_000) {
    let seen;
    await until(async () => (seen = await this.id(testid).first().textContent().catch(() => undefined)) === wanted, `${testid} says ${wanted}`, ms)
      .catch((error) => assert.fail(`${error.message}; it says ${seen}`));
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.faults, []);
    assert.deepEqual(this.foreign, []);
  }
}

/** A broker and a browser for the tests of a file: there before the first, with what `prepare` makes, gone after the last. */
export function stage(prepare = async () => {}, settings = []) {
  const broker = new Broker(settings);
  let browser;
  before(async () => {
    await broker.start();
    browser = await launch();
    await prepare();
  });
  after(async () => {
    await browser?.close();
    await broker.remove();
  });
  return { broker, look: (hash, options) => View.open(browser, broker, { hash, ...options }) };
}
