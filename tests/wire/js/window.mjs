// Counts what is under way, seen from the socket.
import { WebSocket, connect, listened, say } from "./story.mjs";

const unanswered = new Map();
const most = { frames: 0, bytes: 0 };

class Counted extends WebSocket {
  send(text) {
    const { type, id } = JSON.parse(text);
    if (type === "publish") unanswered.set(id, text.length);
    most.frames = Math.max(most.frames, unanswered.size);
    most.bytes = Math.max(most.bytes, [...unanswered.values()].reduce((sum, bytes) => sum + bytes, 0));
    super.send(text);
  }

  set onmessage(handler) {
    super.onmessage = handler && ((event) => {
      unanswered.delete(JSON.parse(event.data).id);
      handler(event);
    });
  }
}

const client = await connect({ WebSocket: Counted });
const publishes = [];
for (let n = 0; n < 1000; ++n) {
  await client.writable();
  publishes.push(client.publish("window", { text: "x".repeat(1000) }));
}
for (let n = 0; n < 12; ++n) publishes.push(client.publish("window", Array(3).fill({ text: "y".repeat(1_000_000) })));
const offsets = (await Promise.all(publishes)).flat().map((place) => place.offset);
say({ most, window: client.welcome.publish_window, offsets: new Set(offsets).size, last: offsets.at(-1) });
await client.close();
listened();
