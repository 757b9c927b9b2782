// What is in a queue and with whom, looked at without touching it.
import { ask, get, path, post, usePoll } from "../core/api.js";
import { keyText, matches, preview } from "../core/body.js";
import { count, span } from "../core/format.js";
import { Fragment, html, useState } from "../core/html.js";
import { choose, route } from "../core/router.js";
import { Empty, Field, Segments, Time, useClock } from "../parts/bits.js";
import { cmd, Command, Confirm, FormDialog, Trouble } from "../parts/dialog.js";
import { State, STATES, WORDS } from "../parts/state.js";
import { say, sayError } from "../parts/toast.js";
import { Value } from "../parts/value.js";

// --- A queue's messages in any state, looked at without touching them

const LIMIT = 50;
const EVERY_MS = 1_000;

export function Peek({ name, messages, onChange }) {
  const { query } = route.value;
  const state = query.state ?? "all";
  const [before, setBefore] = useState([]);
  const cursor = before.at(-1);
  const search = new URLSearchParams({ limit: LIMIT, ...(state !== "all" && { state }), ...(cursor ? { cursor } : query.from && { from: query.from }) });
  const page = usePoll((stop) => get(`${path`queues/${name}/messages`}?${search}`, { exact: true, signal: stop }), EVERY_MS, [name, String(search)]);
  const rows = (page.data?.items ?? []).filter((message) => matches(message, query.find));
  const set = (change) => (setBefore([]), choose(change));
  return html`<div class="row wide inline">
      <${Segments} label="State" value=${state} onChange=${(id) => set({ state: id === "all" ? "" : id })}
        options=${[["all", "All"], ...STATES.map((one) => [one, `${WORDS[one]} ${count(messages[one])}`]), ["acked", "Acked"]]} />
      <input type="search" aria-label="Text, or key=…" placeholder="Find text, or key=…" value=${query.find ?? ""} onInput=${(event) => choose({ find: event.target.value })} />
      <input aria-label="Begin at an offset or a time" placeholder="From 47, -15m …" value=${query.from ?? ""} onChange=${(event) => set({ from: event.target.value })} />
      <span class="push"></span><${Command} commands=${() => cmd.peek(name, state)} /></div>
    ${page.error ? html`<${Trouble} error=${page.error} />` : page.data && html`<${Messages} name=${name} rows=${rows} onChange=${() => (page.again(), onChange())} />`}
    ${(page.data?.next || before.length > 0) && html`<div class="row"><span class="quiet small">${count(rows.length)} shown</span>
      <button class="btn mini push" disabled=${before.length === 0} onClick=${() => setBefore(before.slice(0, -1))}>← Back</button>
      <button class="btn mini" disabled=${!page.data?.next} onClick=${() => setBefore([...before, page.data.next])}>More →</button></div>`}`;
}

function Messages({ name, rows, onChange }) {
  const { open } = route.value.query;
  const now = useClock(250);
  if (rows.length === 0) return html`<${Empty} title="No messages in this state" />`;
  return html`<div class="table" data-testid="messages-table" tabindex="0" role="region" aria-label="Messages"><table aria-label="Messages">
    <thead><tr><th scope="col">Id</th><th scope="col">State</th><th scope="col" class="num">Receives</th><th scope="col" class="num">Until</th><th scope="col">Stored</th><th scope="col">Key</th><th scope="col">Body</th></tr></thead>
    <tbody>${rows.map((message) => html`<${Fragment} key=${message.id}>
      <tr class=${open === message.id && "open"} data-offset=${message.id} data-state=${message.state}>
        <td class="mono nowrap"><button class="rowlink" aria-expanded=${open === message.id} onClick=${() => choose({ open: open === message.id ? "" : message.id })}>${message.id}</button></td>
        <td><${State} state=${message.state} /></td><td class="num">${message.receive_count || ""}</td><td class="num nowrap">${left(message, now)}</td>
        <td class="soft"><${Time} at=${message.timestamp} /></td><td class="mono nowrap"><bdi>${keyText(message.key)}</bdi></td><td class="cut mono">${preview(message)}</td></tr>
      ${open === message.id && html`<tr class="detail"><td colspan="7"><${Opened} name=${name} message=${message} onChange=${onChange} /></td></tr>`}
    </${Fragment}>`)}</tbody></table></div>`;
}

const left = ({ visible_at: at }, now) => (at && new Date(at) > now ? span(new Date(at) - now) : "");

/** What is known of one message, and what can be done with it. */
function Opened({ name, message, onChange }) {
  const [asked, ask_] = useState();
  const { id, state } = message;
  const about = usePoll(async () => {
    const [why, history] = await Promise.all([get(path`queues/${name}/messages/${id}/explain`), get(path`queues/${name}/messages/${id}/history`)]);
    return { why, history };
  }, EVERY_MS, [name, id]);
  const deliver = async () => {
    await ask("PATCH", path`queues/${name}/messages/${id}`, { delay: "0s" }).then(() => say(`${id} is ready`), sayError);
    onChange();
  };
  const redrive = async () => {
    await post(path`queues/${name}/redrive`, { ids: [id] }).then(() => say(`${id} is ready again`), sayError);
    onChange();
  };
  const replay = async () => {
    await post(path`queues/${name}/replay`, { ids: [id] }).then(() => say(`${id} is delivered again`), sayError);
    onChange();
  };
  const { why, history } = about.data ?? {};
  return html`<${Value} record=${message}>
    ${why && html`<p class="small"><strong>${why.code}</strong> ${why.because}</p>`}
    ${history && html`<ol class="small stack" aria-label="History">${history.events.map((event, i) => html`<li key=${i}><${Time} at=${event.at} /> <strong>${event.event}</strong>
      ${event.client && html` by <span class="mono">${event.client}</span>`}${event.reason && html`: ${event.reason}`}</li>`)}</ol>`}
    ${about.error && html`<${Trouble} error=${about.error} />`}
    <div class="row">
      ${state === "delayed" && html`<button class="btn mini does" onClick=${deliver}>Deliver now</button>`}
      ${state === "dead" && html`<button class="btn mini does" onClick=${redrive}>Redrive</button>`}
      ${state === "acked" && html`<button class="btn mini does" onClick=${replay}>Deliver again</button>`}
      ${state !== "acked" && html`<button class="btn mini does" onClick=${() => ask_("move")}>Move</button><button class="btn mini danger does" onClick=${() => ask_("delete")}>Delete</button>`}
      <${Command} label="Command" commands=${() => [...cmd.explain(name, id), ...cmd.deleteMessage(name, id)]} /></div>
    ${asked === "delete" && html`<${Confirm} title=${`Delete message ${id}`} name=${name} action="Delete" onClose=${() => ask_()} commands=${() => cmd.deleteMessage(name, id)}
      preview=${async () => ({ affected: 1, text: `message of ${name} is done with, whatever its state; nobody receives it again.` })}
      act=${async () => (await ask("DELETE", path`queues/${name}/messages/${id}`), say(`${id} is deleted`), onChange())} />`}
    ${asked === "move" && html`<${Move} name=${name} id=${id} onClose=${() => ask_()} onChange=${onChange} />`}</${Value}>`;
}

function Move({ name, id, onClose, onChange }) {
  const [destination, setDestination] = useState("");
  return html`<${FormDialog} title=${`Move message ${id}`} action="Move" onClose=${onClose} commands=${() => cmd.moveMessage(name, id, destination || "QUEUE")}
    submit=${async () => (await post(path`queues/${name}/messages/${id}/move`, { destination }), say(`${id} is in ${destination}`), onChange())}>
    <${Field} label="To the queue"><input required autofocus value=${destination} onInput=${(event) => setDestination(event.target.value)} /></${Field}></${FormDialog}>`;
}

// --- Who holds messages of a queue: as many as are looked at, each with the name it gave it

const LOOKED_AT = 40;
const HOLDERS_MS = 2_000;

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
  const poll = usePoll(() => holders(name), HOLDERS_MS, [name]);
  if (!poll.data) return poll.error && html`<${Trouble} error=${poll.error} />`;
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
