import { connect, hear, listened, say, take } from "./story.mjs";

const client = await connect();
// Short: a broker that is killed remembers what was prefetched, and for how long.
const jobs = await client.subscribe({ queue: "jobs", credit: { messages: 3 }, visibility_timeout: "4s" });
const [a, b, c] = await take(jobs, 3);
say({ in_hand: [a, b, c].map((message) => message.value) });
await hear();
say({ results: [await a.ack(), await a.ack(), await b.nack({ delay: "1h", reason: "later" }), await c.extend("3s"),
                ...(await jobs.ack(await take(jobs, 2)))] });

// The broker is killed while a message is in hand: its ack is asked again, and answered honestly.
const [held] = await take(jobs, 1);
say({ held: held.value });
await hear();
say({ result: await held.ack() });
const rest = new Map([[held.value, held]]);
for await (const message of jobs) {
  rest.set(message.value, message);
  await message.ack();
  if (rest.size === 16) break;
}
say({ rest: [...rest.keys()].sort((x, y) => x - y) });
await client.close();
listened();
