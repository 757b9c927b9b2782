import { WebSocket, connect, say, take } from "./story.mjs";

class Seen extends WebSocket {
  static last;
  constructor(...all) {
    super(...all);
    Seen.last = this;
  }
}

const client = await connect({ WebSocket: Seen });
const live = await client.subscribe({ topic: "compressed" });
const values = Array.from({ length: 100 }, (_, number) => ({ number, text: "again and ".repeat(200) }));
await client.publish("compressed", values.map((value) => ({ value })));
const arrived = (await take(live, 100)).map((record) => record.value);
say({ extensions: Seen.last.extensions, same: JSON.stringify(arrived) === JSON.stringify(values) });
await client.close();
