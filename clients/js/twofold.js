// Twofold's streaming API: publish, follow topics, work off queues over one WebSocket.
//
// For browsers and Node.js, without dependencies. twofold.d.ts says what each name promises. What
// crosses the wire keeps the names it has there: an option of subscribe() is a field of the frame, a
// record is what the broker sent.
import { Client } from "./client.js";
import { Closed } from "./errors.js";

export { Closed, Refused, TwofoldError, UnknownOutcome } from "./errors.js";

/** Connects, and stays connected until close(), drain() or a refusal for good. */
export async function connect(url, options = {}) {
  const client = new Client(url, options);
  await client._start();
  return client;
}

/** An AbortSignal that the process's first SIGTERM or SIGINT aborts (Node.js). */
export function stopSignal(...names) {
  const stop = new AbortController();
  for (const name of names.length ? names : ["SIGTERM", "SIGINT"]) {
    process.once(name, () => stop.abort(new Closed(`${name} came`)));
  }
  return stop.signal;
}
