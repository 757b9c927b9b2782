// Reads the topic `orders` as a log: every order, also those that cooks have finished long ago.
import { connect, stopSignal } from "twofold-client";
import WebSocket from "ws";

const broker = process.env.TWOFOLD_URL ?? "http://localhost:8080";
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
while (!(await fetch(`${broker}/v1/topics/orders`).then((answer) => answer.ok, () => false))) await pause(500);

const client = await connect(broker, { WebSocket, signal: stopSignal("SIGTERM") });
const orders = await client.subscribe({
  topic: "orders", group: "accounts", from: "earliest",
  onRevoked: async ({ commit_by }, readers) => { if (commit_by) await readers.commit(); },
});
const counts = new Map();
for await (const { value } of orders) {
  counts.set(value.dish, (counts.get(value.dish) ?? 0) + 1);
  console.log(`accounts: order ${value.number}, so far ${[...counts].map(([dish, count]) => `${count} ${dish}`).join(", ")}`);
  await orders.commit();  // the books are right up to here
}
