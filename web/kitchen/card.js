// What is known of the record that somebody points at, in all three bands; and what happened last.
import { html, useState } from "../core/html.js";
import { clock } from "../core/format.js";
import { Segments } from "../parts/bits.js";
import { CommandLine, cmd } from "../parts/command.js";
import { State } from "../parts/state.js";
import { say, sayError } from "../parts/toast.js";
import { CreateQueue } from "../pages/queues.js";
import { delivered } from "./model.js";
import { readBy } from "./select.js";

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

const PYTHON = (origin, queue) => `python3 -c 'import twofold, asyncio
async def main():
  async with twofold.connect("${origin}") as client:
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
  return html`<section class="terminal" aria-label="From a terminal"><${Segments} label="Program" options=${["curl", "aws", "kcat", "python", "twofold"].map((one) => [one, one])} value=${program} onChange=${setProgram} />
    ${lines.map(([title, text]) => html`<${CommandLine} key=${title} program=${title} text=${text} />`)}</section>`;
}
