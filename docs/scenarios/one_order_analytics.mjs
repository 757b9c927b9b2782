// Analytics of one_order.py: reads a topic from the beginning, as a log, and prints every order as a line.
//
//     node one_order_analytics.mjs URL TOPIC COUNT

import { createRequire } from "node:module";
import { connect } from "../../clients/js/twofold.js";

// Node.js has a WebSocket of its own since version 22; before that, it is the one of the package ws.
const WebSocket = globalThis.WebSocket ?? createRequire(import.meta.url)("ws");

const [url, topic, count] = process.argv.slice(2);
const client = await connect(url, { WebSocket });
const orders = await client.subscribe({ topic, from: "earliest" });
let seen = 0;
for await (const { id, value } of orders) {
  console.log(JSON.stringify({ id, ...value }));
  if (++seen === Number(count)) break;
}
await client.close();
