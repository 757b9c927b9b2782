// A worker as a service would be: takes a job, says so, does it when told to, until SIGTERM.
import { stopSignal } from "../../../clients/js/twofold.js";
import { connect, hear, listened, say } from "./story.mjs";

const signal = stopSignal();
signal.addEventListener("abort", () => say("told to stop"));
const client = await connect({ signal });
for await (const message of await client.subscribe({ queue: process.argv[2], credit: { messages: 5 } })) {
  say({ took: message.value });
  if (await hear()) say({ done: message.value, result: await message.ack() });
}
say("ended");
listened();
