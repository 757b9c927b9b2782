// Two members work a topic off, each record and its result in one transaction, while the broker is killed.
import { UnknownOutcome } from "../../../clients/js/twofold.js";
import { connect, hear, listened, say } from "./story.mjs";

const [topic, results] = process.argv.slice(2);
const clients = [await connect(), await connect()];
let unknown = 0;

async function work(client) {
  const records = await client.subscribe({ topic, group: topic, from: "earliest", credit: { messages: 50 } });
  for await (const { value } of records) {
    try {
      await client.transact({ publish: [{ topic: results, records: [{ value: value * 2 }] }], offsets: [records] });
    } catch (error) {
      if (error instanceof UnknownOutcome) unknown += 1;
      else if (error.code !== "member-fenced") throw error;
    }
  }
}

const workers = clients.map(work);
await hear();
say({ drained: await Promise.all(clients.map((client) => client.drain())), unknown });
await Promise.all(workers);
listened();
