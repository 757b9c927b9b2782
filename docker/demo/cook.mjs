// Works off the queue `kitchen` over a WebSocket, at most two orders at a time.
import { connect, stopSignal } from "twofold-client";
import WebSocket from "ws";

const broker = process.env.TWOFOLD_URL ?? "http://localhost:8080";
const workMilliseconds = 1000 * Number(process.env.WORK_SECONDS ?? 1);
const name = process.env.COOK ?? "node";
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// The waiter makes the queue; it may not be there yet.
while (!(await fetch(`${broker}/v1/queues/kitchen`).then((answer) => answer.ok, () => false))) await pause(500);

const client = await connect(broker, { WebSocket, signal: stopSignal("SIGTERM") });
const kitchen = await client.subscribe({ queue: "kitchen", credit: { messages: 2 } });
for await (const order of kitchen) {
  await pause(workMilliseconds);
  if (order.value.burns) {
    console.log(`${name}: order ${order.value.number} burns`);
    await order.nack();
    continue;
  }
  await order.ack();
  console.log(`${name}: order ${order.value.number} ${order.value.dish} is done`);
}
