// Below the bands, and instead of them: what happens, one record, commands for a terminal; all of it as tables.
import { clock, count } from "../core/format.js";
import { html, useState } from "../core/html.js";
import { CreateQueue } from "../pages/lists.js";
import { Segments } from "../parts/bits.js";
import { cmd, CommandLine } from "../parts/dialog.js";
import { State } from "../parts/state.js";
import { say, sayError } from "../parts/toast.js";
import { delivered } from "./model.js";
import { idOf, readBy, reading } from "./select.js";
import { readOrder } from "./staff.js";

// --- What is known of the record that somebody points at, in all three bands; and what happ

export function Ticker({ session }) {
  const said = session.said.value;
  return html`<section class="ticker" aria-label="What happens" data-testid="ticker"><div class="rule-line">${session.rule.value || html`<span class="quiet">Take an order, and see what both make of it.</span>`}${session.rate.value > 30 && html`<span class="times" data-testid="rate">×${session.rate.value}/s</span>`}</div>
    <p class="hidden-live" aria-live="polite">${said[0]?.text}</p>
    <ol>${said.slice(0, 7).map(({ seq, text, type, more }) => html`<li key=${seq} data-type=${type}>${text}${more > 0 && html` <span class="quiet">and ${more} more</span>`}</li>`)}</ol></section>`;
}

export function Card({ session }) {
  session.drawn.value;
  const [attach, setAttach] = useState();
  const place = session.picked.value;
  const { state } = session;
  if (!place) return html`<section class="peek quiet" aria-label="Record">Point at a slip, a page or a cell: the same record is outlined in all three.</section>`;
  const record = state.log.get(place.partition)?.cells.get(place.offset) ?? {};
  const message = delivered(state).get(place.partition)?.cells.get(place.offset) ?? {};
  const readers = state.own ? [] : readBy(state, place);
  const active = session.readers.filter(({ shown }) => ["reading", "paused", "stuck"].includes(shown.value.state));
  return html`<section class="peek" aria-label=${`Record ${place.id}`} data-testid="card"><header class="row"><strong class="mono">${session.place.value.topic}:${place.id}</strong>${message.state && message.state !== "none" && message.state !== "unknown" && html`<${State} state=${message.state} />`}</header>
    <dl class="meta"><dt>key</dt><dd class="mono">${record.key ?? message.key ?? "–"}</dd><dt>value</dt><dd class="mono"><bdi>${record.preview ?? message.preview ?? "–"}</bdi></dd>
      <dt>written</dt><dd>${record.at ? clock(record.at) : "–"}</dd><dt>received</dt><dd>${message.receives ?? 0} ×${message.holder ? `, held by ${message.holder}` : ""}</dd>
      <dt>read by</dt><dd>${readers.length > 0 ? readers.join(", ") : "nobody yet"}</dd></dl>
    <div class="row tight"><button class="btn mini" disabled=${!record.at} onClick=${() => setAttach(new Date(record.at).toISOString())}>Attach a queue from here</button>
      ${active.map((reader) => html`<button key=${reader.letter} class="btn mini" onClick=${() => reader.seek({ [place.partition]: place.offset }).then(() => say(`Reader ${reader.letter} goes on at ${place.id}`), sayError)}>Seek reader ${reader.letter} here</button>`)}</div>
    ${attach && html`<${CreateQueue} source=${{ topic: session.place.value.topic, from: attach }} onClose=${() => setAttach()} />`}</section>`;
}

const PYTHON = (origin, queue) => `python3 -c 'import twofold, asyncio, os
async def main():
  async with twofold.connect("${origin}"${cmd.auth() && ', token=os.environ["TWOFOLD_TOKEN"]'}) as client:
    async with client.subscribe(queue="${queue}") as orders:
      async for order in orders:
        print(order.value); await order.ack()
asyncio.run(main())'`;

/** The same from a terminal: write an order, take one, read the book. */
export function Terminal({ session }) {
  const [program, setProgram] = useState("curl");
  const { topic, queue } = session.place.value;
  const record = { key: "table-3", value: { dish: "ramen", table: 3 } };
  const all = [["Take an order", cmd.produce(topic, record)], ["Cook one", [...cmd.receive(queue), ["python", PYTHON(location.origin, queue)]]], ["Read the book", cmd.browse(topic, { from: "earliest" })]];
  const lines = all.flatMap(([title, commands]) => commands.filter(([one]) => one === program).map(([, text]) => [title, text]));
  return html`<section class="terminal" aria-label="From a terminal"><${Segments} label="Program" options=${["curl", "aws", "python", "twofold"].map((one) => [one, one])} value=${program} onChange=${setProgram} />
    ${lines.map(([title, text]) => html`<${CommandLine} key=${title} program=${title} text=${text} />`)}</section>`;
}

// --- The three bands as tables: for those who rather read

const ROWS_MAX = 60;

export function Tables({ session }) {
  session.drawn.value;
  const { state } = session;
  const cells = [...state.log.values()].flatMap((part) => [...part.cells.values()]).slice(-ROWS_MAX).reverse();
  const messages = state.queue ? [...delivered(state).values()].flatMap((part) => [...part.cells.values()]).filter((cell) => !["none", "acked", "passed_over", "gone"].includes(cell.state)).slice(0, ROWS_MAX) : [];
  return html`<div class="grid"><section class="card"><div class="title"><h2>Queue ${session.watched}</h2></div><div class="table"><table aria-label="Messages of the queue"><thead><tr><th scope="col">Order</th><th scope="col">State</th><th scope="col">Dish</th><th scope="col">Held by</th><th scope="col" class="num">Receives</th></tr></thead>
      <tbody>${messages.map((cell) => html`<tr key=${idOf(cell)} data-offset=${idOf(cell)} data-state=${cell.state}><td class="mono">${idOf(cell)}</td><td><${State} state=${cell.state} /></td><td>${readOrder(cell).dish}</td><td>${cell.holder}</td><td class="num">${cell.receives}</td></tr>`)}</tbody></table></div></section>
    <section class="card"><div class="title"><h2>Readers of ${session.place.value.topic}</h2></div><div class="table"><table aria-label="Readers"><thead><tr><th scope="col">Group</th><th scope="col">Partition</th><th scope="col" class="num">Next page</th><th scope="col" class="num">Lag</th></tr></thead>
      <tbody>${[...state.groups.keys()].flatMap((group) => reading(state, group).places.map((place) => html`<tr key=${`${group}/${place.partition}`}><td>${group}</td><td>${place.partition}</td><td class="num">${place.at === undefined ? "–" : count(place.at)}</td><td class="num">${count(place.lag)}</td></tr>`))}</tbody></table></div></section></div>
    <section class="card"><div class="title"><h2>Log ${session.place.value.topic}, the newest first</h2></div><div class="table"><table aria-label="Records of the log"><thead><tr><th scope="col">Record</th><th scope="col">Written</th><th scope="col">Key</th><th scope="col">Dish</th><th scope="col">In the queue</th><th scope="col">Read by</th></tr></thead>
      <tbody>${cells.map((cell) => html`<tr key=${idOf(cell)} data-offset=${idOf(cell)}><td class="mono">${idOf(cell)}</td><td>${clock(cell.at)}</td><td class="mono">${cell.key}</td><td>${readOrder(cell).dish}</td><td>${state.own ? "" : html`<${State} state=${cell.state} />`}</td><td>${readBy(state, cell).join(", ")}</td></tr>`)}</tbody></table></div></section>`;
}
