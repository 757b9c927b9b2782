// A member of a group, driven line by line: each word heard is a call, each answer is said.
import { hear, listened, WebSocket, connect, say, take } from "./story.mjs";

const sockets = [];
class Watched extends WebSocket {
  constructor(...where) {
    super(...where);
    sockets.push(this);
  }
}

const [topic, credit = "1000"] = process.argv.slice(2);
const told = [];
const client = await connect({ WebSocket: Watched, heartbeat: "1s" });
const member = await client.subscribe({
  topic, group: topic, from: "earliest", credit: { messages: Number(credit) },
  onRevoked: async ({ partitions, commit_by }, subscription) => {
    told.push([partitions, commit_by !== undefined]);
    if (commit_by) await subscription.commit();
  },
});
const values = (records) => records.map((record) => record.value);
const calls = {
  take: async (count) => values(await take(member, count)),
  commit: () => member.commit(),
  seek: (to) => member.seek(to),
  told: () => told,
  partitions: () => member.partitions,
  member: () => member.member,
  cut: () => sockets.at(-1).terminate(),
  transact: (value, offsets = [member]) => client.transact({ publish: [{ topic: "results", records: [{ value }] }], offsets }),
  publish: async (records, expect) => (await client.publish("expects", records, { expect })).map(({ id }) => id),
  drain: async () => {
    const drained = client.drain();
    await member.next(); // what was in hand is processed
    return drained;
  },
};

for (let call = await hear(); call; call = await hear()) {
  const [name, ...rest] = call;
  try {
    say({ [name]: (await calls[name](...rest)) ?? null });
  } catch (error) {
    say({ refused: error.code ?? String(error) });
  }
}
await client.close();
listened();
