import { connect, listened, say } from "./story.mjs";

const client = await connect({ heartbeat: "1s" });
let said = 0;
const records = await client.subscribe({ topic: "silent" });
client.on("disconnected", (why) => said++ || say(why));
say("connected");
await new Promise((resolve) => client.on("connected", resolve));
await client.publish("silent", { value: 0 });
const { value } = await records.next();
const closed = await Promise.race([client.closed, null]);
say({ seen: value.offset, closed });
await client.close();
listened();
