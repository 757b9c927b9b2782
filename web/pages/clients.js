// Who is connected: over which protocol, since when, how busy, and with what.
import { html, useRef, useState } from "../core/html.js";
import { all, ask, path, usePoll } from "../core/api.js";
import { bytes, count, milliseconds, rate, span } from "../core/format.js";
import { route } from "../core/router.js";
import { Ago, Empty, Filter, Head, Table } from "../parts/bits.js";
import { cmd, Command, Confirm, Trouble } from "../parts/dialog.js";
import { Kind } from "../parts/state.js";
import { say } from "../parts/toast.js";

const EVERY_MS = 2_000;
const COUNTED = ["requests", "messages", "bytes_sent"];
const PROTOCOLS = { native: ["log", "REST"], sqs: ["queue", "SQS"], ui: ["plain", "pages"], websocket: ["group", "WebSocket"] };

/** Each with its rates since it was seen last: {requests, messages, bytes_sent} a second. Pure. */
export function withRates(items, before, seconds) {
  return items.map((one) => {
    const old = before.get(one.id);
    return { ...one, rates: Object.fromEntries(COUNTED.map((name) => [name, old && seconds > 0 ? (one[name] - old[name]) / seconds : undefined])) };
  });
}

export function Page() {
  const [closing, setClosing] = useState();
  const last = useRef({ at: 0, items: new Map() });
  const poll = usePoll(async () => {
    const { items, more } = await all("/v1/connections");
    const { at, items: before } = last.current;
    last.current = { at: performance.now(), items: new Map(items.map((one) => [one.id, one])) };
    return { rows: withRates(items, before, (last.current.at - at) / 1_000), more };
  }, EVERY_MS);
  if (poll.error) return html`<${Head} title="Clients" /><${Trouble} error=${poll.error} />`;
  if (!poll.data) return null;
  const wanted = (route.value.query.filter ?? "").toLowerCase();
  const rows = poll.data.rows.filter((one) => [one.client, one.peer, one.protocol, ...one.subscriptions].some((text) => text.toLowerCase().includes(wanted)));
  const number = (id, title, of, show = rate) => ({ id, title, num: true, value: of, cell: (row) => show(of(row)) });
  const columns = [
    { id: "client", title: "Client", value: ({ client }) => client, cell: ({ client }) => (client ? html`<strong dir="auto">${client}</strong>` : html`<span class="quiet">says no name</span>`) },
    { id: "protocol", title: "Protocol", value: ({ protocol }) => protocol, cell: ({ protocol }) => html`<${Kind} kind=${PROTOCOLS[protocol]?.[0] ?? "plain"}>${PROTOCOLS[protocol]?.[1] ?? protocol}</${Kind}>` },
    { id: "peer", title: "From", value: ({ peer }) => peer, cell: ({ peer }) => html`<span class="mono nowrap">${peer}</span>` },
    { id: "what", title: "What for", cell: (row) => (row.subscriptions.length > 0 ? row.subscriptions.join(", ") : html`<span class="soft">${row.last_operation}</span>`) },
    { id: "since", title: "Connected", num: true, value: ({ since }) => -new Date(since), cell: ({ since }) => html`<${Ago} at=${since} />` },
    number("idle", "Quiet", ({ idle }) => milliseconds(idle), span),
    number("requests", "Requests", (row) => row.requests, count), number("rate", "Requests/s", ({ rates }) => rates.requests),
    number("messages", "Messages/s", ({ rates }) => rates.messages), number("sent", "Sent", (row) => row.bytes_sent, bytes), number("bytes", "Bytes/s", ({ rates }) => rates.bytes_sent, bytes),
    { id: "close", title: "", cell: (row) => html`<button class="btn mini does" onClick=${() => setClosing(row)}>Close<span class="skip"> ${row.id}</span></button>` },
  ];
  return html`<${Head} title="Clients" under=${html`<span data-testid="connections">${count(rows.length)} connected</span>${poll.data.more && html`<span>more than are shown</span>`}`}>
      <${Filter} label="Filter clients" /><${Command} commands=${cmd.read("connections")} /></${Head}>
    <${Table} label="Clients" testid="clients" columns=${columns} rows=${rows} rowKey=${({ id }) => id} sort="-rate" empty=${html`<${Empty} title="No client matches" />`} />
    ${closing && html`<${Close} one=${closing} onClose=${() => (setClosing(), poll.again())} />`}`;
}

function Close({ one, onClose }) {
  return html`<${Confirm} title=${`Close ${one.client || one.peer}`} name=${one.id} action="Close" onClose=${onClose} commands=${() => cmd.closeConnection(one.id)}
    preview=${async () => ({ affected: 1, text: `connection is cut where it stands (${one.peer}). What it holds of queues comes back as their settings say; most clients connect again by themselves.` })}
    act=${async () => (await ask("DELETE", path`connections/${one.id}`), say(`${one.id} is closed`))} />`;
}
