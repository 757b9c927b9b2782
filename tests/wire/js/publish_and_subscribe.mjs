import { Refused, TwofoldError } from "../../../clients/js/twofold.js";
import { connect, listened, say, take } from "./story.mjs";

const client = await connect();
const live = await client.subscribe({ topic: "arrives" });
const events = [];
live.on("caught_up", (frame) => events.push(frame.type));
const placed = await client.publish("arrives", [
  { key: "k", value: { n: 1.5 }, headers: { a: "b", raw: new Uint8Array([255]) } },
  { text: "é\n" }, { bytes: new Uint8Array([0, 255]) }, { value: null }]);
say({ placed: placed.map((place) => place.id), arrived: await take(live, 4), events });
await live.unsubscribe();

const refusal = await client.subscribe({ topic: "nowhere" }).catch((error) => error);
const large = await client.publish("arrives", { text: "x".repeat(2 << 20) }).catch((error) => error);
const huge = await client.publish("arrives", Array(40).fill({ text: "x".repeat(1 << 19) })).catch((error) => error);
say({ refused: refusal instanceof Refused && [refusal.code, refusal.status, refusal.retryable],
      large: large.code, huge: huge instanceof TwofoldError && huge.message });

const first = await client.subscribe({ topic: "arrives", from: "earliest", max_batch: 1, credit: { messages: 2, bytes: 100 } });
await take(first, 3);
const { cursor } = first;
await first.seek("earliest");
const again = await take(first, 4);
await first.return();
await client.close();

const other = await connect();
const resumed = await other.subscribe({ topic: "arrives", resume: cursor });
say({ again: again.map((record) => record.offset), resumed: (await take(resumed, 2)).map((record) => record.offset) });
await other.close();
say({ ended: (await resumed.next()).done });
listened();
