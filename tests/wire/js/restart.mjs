// The broker is killed again and again while this publishes and reads.
import { UnknownOutcome } from "../../../clients/js/twofold.js";
import { connect, hear, listened, say } from "./story.mjs";

const client = await connect();
const records = await client.subscribe({ topic: "killed", credit: { messages: 10 }, max_batch: 7 });
const acked = new Set();
const unknown = new Set();
const seen = [];
let next = 0;

async function publish(value) {
  try {
    await client.publish("killed", { value });
    acked.add(value);
  } catch (error) {
    if (!(error instanceof UnknownOutcome)) throw error;
    unknown.add(value);
  }
}

// Until a death has caught one under way, however late it comes.
async function publishing(dead, answered) {
  while (!dead()) {
    await publish(next++);
    answered();
  }
}

(async () => {
  for await (const record of records) seen.push([record.id, record.value]);
})();
for (let life = 0; life < 3; ++life) {
  const before = unknown.size;
  let count = 0;
  await Promise.all(Array.from({ length: 300 }, () => publishing(
    () => unknown.size > before,
    () => ++count === 200 && say({ answering: life }))));
  say({ life });
  await hear();
}
const values = new Set();
while (![...acked].every((value) => values.has(value))) {
  await new Promise((resolve) => setTimeout(resolve, 5));
  for (const [, value] of seen) values.add(value);
}
say({ published: next, acked: acked.size, unknown: unknown.size, seen: seen.length, ids: new Set(seen.map(([id]) => id)).size,
      values: values.size, strangers: [...values].filter((value) => !acked.has(value) && !unknown.has(value)) });
await client.close();
listened();
