// Every queue: what is in it, in which state, and where dead letters go.
import { html, useState } from "../core/html.js";
import { ask, get, path } from "../core/api.js";
import { bytes, count, plural } from "../core/format.js";
import { go, href, route } from "../core/router.js";
import { lookAgain, world } from "../core/world.js";
import { Empty, Field, Filter, Head } from "../parts/bits.js";
import { cmd, Command } from "../parts/command.js";
import { FormDialog } from "../parts/dialog.js";
import { Depth, Kind, Shape, STATES, WORDS } from "../parts/state.js";
import { Table } from "../parts/table.js";

const total = ({ messages }) => STATES.reduce((sum, state) => sum + messages[state], 0);
const stateColumn = (state) => ({
  id: state, num: true, title: html`<span class=${`state s-${state}`}><${Shape} state=${state} /><span class="soft">${WORDS[state]}</span></span>`,
  value: ({ messages }) => messages[state],
  cell: ({ messages }) => html`<span class=${messages[state] === 0 ? "quiet" : `s-${state} state`}>${count(messages[state])}</span>`,
});
const link = (name) => html`<a href=${href(["queues", name])}>${name}</a>`;

export function Page() {
  const { queues, at, more } = world.value;
  const [isCreating, setCreating] = useState(false);
  const wanted = (route.value.query.filter ?? "").toLowerCase();
  const feeds = new Map(queues.filter((queue) => queue.dead_letter).map((queue) => [queue.dead_letter, queue.name]));
  const columns = [
    { id: "name", title: "Queue", value: ({ name }) => name, cell: (row) => html`<span class="row"><a class="name" href=${href(["queues", row.name])}>${row.name}</a>
      ${row.paused && html`<${Kind} kind="warn">paused</${Kind}>`}</span>` },
    { id: "log", title: "Reads", value: ({ source }) => source?.topic ?? "", cell: ({ source }) => source
      ? html`<a href=${href(["topics", source.topic])}><${Kind} kind="log">${source.topic}</${Kind}></a>` : html`<span class="quiet">its own log</span>` },
    { id: "depth", title: "Depth", value: total, cell: ({ messages }) => html`<${Depth} messages=${messages} />` },
    ...STATES.map(stateColumn),
    { id: "bytes", title: "Size", num: true, value: ({ backlog }) => backlog?.bytes, cell: ({ backlog }) => bytes(backlog?.bytes) },
    { id: "visibility", title: "Visibility", num: true, cell: (row) => html`<span class="soft">${row.visibility_timeout}</span>` },
    { id: "dlq", title: "Dead letters", cell: (row) => row.dead_letter ? html`<span class="nowrap">→ ${link(row.dead_letter)}</span>`
      : feeds.has(row.name) ? html`<span class="nowrap quiet">of ${link(feeds.get(row.name))}</span>` : row.max_receives > 0 ? html`<span class="quiet">kept here</span>` : "" },
  ];
  const rows = queues.filter(({ name }) => name.toLowerCase().includes(wanted));
  const empty = wanted ? html`<${Empty} title="No queue matches" />` : at > 0 && html`<${Empty} title="No queues yet" command=${cmd.createQueue("jobs", {})[2][1]}>
    A queue hands each message to one worker until it is acked. Create your first one here, or from a terminal:</${Empty}>`;
  return html`<${Head} title="Queues" under=${more && "The first 2,000 are shown."}>
      <${Filter} label="Filter queues by name" /><${Command} commands=${cmd.listQueues()} />
      <button class="btn main" onClick=${() => setCreating(true)}>Create queue</button></${Head}>
    <${Table} label="Queues" testid="queues" columns=${columns} rows=${rows} rowKey=${({ name }) => name} sort="-depth" empty=${empty} />
    ${isCreating && html`<${CreateQueue} onClose=${() => setCreating(false)} />`}`;
}

/** With `source` {topic, from} the queue is attached there. */
export function CreateQueue({ source, onClose }) {
  const [form, setForm] = useState({ name: "", visibility: "30s", receives: "0", dead: "", order: "none", from: source?.from ?? "", filter: "" });
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const config = {
    ...(source && { source: { topic: source.topic, from: form.from, ...(form.filter && { filter: form.filter }) } }),
    visibility_timeout: form.visibility, order: form.order, max_receives: Number(form.receives), ...(form.dead && { dead_letter: form.dead }),
  };
  const name = form.name || "NAME";
  const create = async () => {
    await ask("PUT", path`queues/${form.name}`, config);
    lookAgain();
    go(["queues", form.name]);
  };
  return html`<${FormDialog} title=${source ? `Attach a queue to ${source.topic}` : "Create a queue"} action=${source ? "Attach" : "Create"} submit=${create} onClose=${onClose}
      commands=${() => (source ? cmd.attach(source.topic, name, config) : cmd.createQueue(name, config))}>
    <${Field} label="Name"><input required autofocus pattern="[A-Za-z0-9._\\-]+" maxlength="249" value=${form.name} onInput=${set("name")} data-testid="queue-name" /></${Field}>
    ${source && html`<div class="fields">
      <${Field} label="From" hint="earliest, latest, -15m, a time, an offset"><input required value=${form.from} onInput=${set("from")} data-testid="attach-from" /></${Field}>
      <${Field} label="Filter" hint="value.amount > 100; empty: everything"><input value=${form.filter} onInput=${set("filter")} /></${Field}></div>
      <${AttachPreview} name=${form.name} config=${config} />`}
    <div class="fields">
      <${Field} label="Visibility timeout" hint="how long a worker may take"><input value=${form.visibility} onInput=${set("visibility")} /></${Field}>
      <${Field} label="Dead after" hint="receives; 0: never"><input type="number" min="0" value=${form.receives} onInput=${set("receives")} /></${Field}>
      <${Field} label="Dead letters go to" hint="empty: kept in the queue"><input value=${form.dead} onInput=${set("dead")} /></${Field}>
      <${Field} label="Order"><select value=${form.order} onChange=${set("order")}>${["none", "fair", "key", "strict"].map((one) => html`<option key=${one}>${one}</option>`)}</select></${Field}>
    </div></${FormDialog}>`;
}

function AttachPreview({ name, config }) {
  const [seen, setSeen] = useState("");
  const look = async () => {
    try {
      const [{ source }, offsets] = await Promise.all([ask("PUT", `${path`queues/${name || "preview"}`}?dry_run=true`, config), get(path`topics/${config.source.topic}/offsets`)]);
      const begins = new Map(source.partitions.map(({ partition, from }) => [partition, from]));
      const n = offsets.partitions.reduce((sum, { partition, start, end }) => sum + Math.max(0, end - Math.max(start, begins.get(partition) ?? end)), 0);
      setSeen(`${config.source.filter ? "At most " : ""}${plural(n, "message")} would be there at once.`);
    } catch (problem) {
      setSeen(problem.message);
    }
  };
  return html`<p class="row small"><button type="button" class="btn mini" onClick=${look}>Preview</button><span aria-live="polite" data-testid="attach-preview">${seen}</span></p>`;
}
