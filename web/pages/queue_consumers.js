// Who holds messages of a queue: as many as are looked at, each with the name it gave itself.
import { html } from "../core/html.js";
import { get, path } from "../core/api.js";
import { usePoll } from "../core/poll.js";
import { count, span } from "../core/format.js";
import { Empty, Time } from "../parts/bits.js";
import { cmd } from "../parts/command.js";

const LOOKED_AT = 40;
const EVERY_MS = 2_000;

async function holders(name) {
  const { items } = await get(`${path`queues/${name}/messages`}?state=in_flight&limit=${LOOKED_AT}`);
  const held = await Promise.all(items.map(async (message) => {
    const { events } = await get(path`queues/${name}/messages/${message.id}/history`);
    const received = events.findLast(({ event }) => event === "received");
    return { ...message, client: received?.client ?? "not known", since: received?.at };
  }));
  return Object.entries(Object.groupBy(held, ({ client }) => client)).map(([client, messages]) => ({ client, messages }));
}

export function Consumers({ name, messages }) {
  const poll = usePoll(() => holders(name), EVERY_MS, [name]);
  if (!poll.data) return null;
  if (poll.data.length === 0) return html`<${Empty} title="Nobody holds a message now" command=${cmd.receive(name)[0][1]}>Whoever receives one appears here until it is acked, or its time is over:</${Empty}>`;
  const seen = poll.data.reduce((n, holder) => n + holder.messages.length, 0);
  const now = Date.now();
  return html`<div class="table"><table aria-label="Consumers"><thead><tr><th scope="col">Consumer</th><th scope="col" class="num">Holds</th><th scope="col">Messages</th><th scope="col" class="num">Longest</th><th scope="col">Next runs out</th></tr></thead>
    <tbody>${poll.data.map(({ client, messages: held }) => html`<tr key=${client}><td><strong>${client}</strong></td><td class="num">${count(held.length)}</td>
      <td class="mono">${held.slice(0, 6).map(({ id }) => id).join(" ")}${held.length > 6 ? " …" : ""}</td>
      <td class="num">${span(now - Math.min(...held.map(({ since }) => new Date(since).getTime())))}</td>
      <td class="soft"><${Time} at=${held.map((one) => one.visible_at).sort()[0]} /></td></tr>`)}</tbody></table></div>
    ${messages.in_flight > seen && html`<p class="quiet small">Of the first ${count(seen)} of ${count(messages.in_flight)} in flight.</p>`}`;
}
