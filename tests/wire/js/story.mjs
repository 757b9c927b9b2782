// What the stories share: the client, on npm's ws where node has no WebSocket, and a word with the test
// that tells them. A story says things as lines of JSON and hears lines back.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { connect as connectWith } from "../../../clients/js/twofold.js";

export const WebSocket = globalThis.WebSocket ?? createRequire(process.env.NODE_PATH + "/")("ws");
export const url = process.env.TWOFOLD_URL;
export const connect = (options = {}) => connectWith(url, { WebSocket, ...options });

export const say = (word) => console.log(JSON.stringify(word));
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export const hear = async () => JSON.parse((await lines.next()).value);
/** Nothing more will be heard: the story may end. */
export const listened = () => process.stdin.destroy();

export async function take(subscription, count) {
  const items = [];
  while (items.length < count) items.push((await subscription.next()).value);
  return items;
}
