// Every topic: how much it keeps, who reads it, how far they are behind.
import { html, useState } from "../core/html.js";
import { ask, path } from "../core/api.js";
import { bytes, count } from "../core/format.js";
import { go, href, route } from "../core/router.js";
import { lookAgain, world } from "../core/world.js";
import { Empty, Field, Filter, Head, Time } from "../parts/bits.js";
import { cmd, Command } from "../parts/command.js";
import { FormDialog } from "../parts/dialog.js";
import { Kind } from "../parts/state.js";
import { Table } from "../parts/table.js";

const attachedTo = (queues, topic) => queues.filter(({ source }) => source?.topic === topic);
const readersOf = (groups, topic) => groups.filter(({ topics }) => topics?.includes(topic));
const retention = ({ time, bytes: size, count: records }) =>
  [time, size && bytes(size), records && `${count(records)} records`].filter(Boolean).join(", ") || "for ever";

export function Page() {
  const { topics, queues, groups, at, more } = world.value;
  const [isCreating, setCreating] = useState(false);
  const wanted = (route.value.query.filter ?? "").toLowerCase();
  const rows = topics.filter(({ name }) => name.toLowerCase().includes(wanted));
  const columns = [
    { id: "name", title: "Topic", value: ({ name }) => name, cell: ({ name }) => html`<a class="name" href=${href(["topics", name])}>${name}</a>` },
    { id: "partitions", title: "Partitions", num: true, value: (row) => row.partitions, cell: (row) => count(row.partitions) },
    { id: "records", title: "Records", num: true, value: (row) => row.records, cell: (row) => count(row.records) },
    { id: "bytes", title: "Size", num: true, value: (row) => row.bytes, cell: (row) => bytes(row.bytes) },
    { id: "keeps", title: "Keeps", cell: (row) => html`<span class="soft">${row.cleanup.includes("compact") ? "newest of each key" : retention(row.retention)}</span>` },
    { id: "queues", title: "Attached queues", cell: ({ name }) => html`<span class="row">${attachedTo(queues, name).map((queue) =>
      html`<a key=${queue.name} href=${href(["queues", queue.name])}><${Kind} kind="queue">${queue.name}</${Kind}></a>`)}</span>` },
    { id: "groups", title: "Groups", cell: ({ name }) => html`<span class="row">${readersOf(groups, name).map((group) =>
      html`<a key=${group.name} href=${href(["groups", group.name])}><${Kind} kind="group">${group.name}</${Kind}></a>`)}</span>` },
    { id: "created", title: "Created", value: (row) => row.created, cell: (row) => html`<span class="quiet"><${Time} at=${row.created} /></span>` },
  ];
  const empty = wanted ? html`<${Empty} title="No topic matches" />` : at > 0 && html`<${Empty} title="No topics yet"
    command=${cmd.produce("orders", { key: "bill_1", value: { amount: 120 } })[1][1].replace(/-d .*/, `-X PUT -d '{"partitions":3}'`).replace("/records", "")}>
    A topic is a log: records stay, in order, for as long as you say. Create your first one here, or from a terminal:</${Empty}>`;
  return html`<${Head} title="Topics" under=${more && "The first 2,000 are shown."}>
      <${Filter} label="Filter topics by name" /><${Command} commands=${cmd.listTopics()} />
      <button class="btn main" onClick=${() => setCreating(true)}>Create topic</button></${Head}>
    <${Table} label="Topics" testid="topics" columns=${columns} rows=${rows} rowKey=${({ name }) => name} sort="-records" empty=${empty} />
    ${isCreating && html`<${Create} onClose=${() => setCreating(false)} />`}`;
}

function Create({ onClose }) {
  const [form, setForm] = useState({ name: "", partitions: "1", time: "7d", cleanup: "delete" });
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const config = { partitions: Number(form.partitions), cleanup: form.cleanup, retention: { time: form.time || null } };
  const create = async () => {
    await ask("PUT", path`topics/${form.name}`, config);
    lookAgain();
    go(["topics", form.name]);
  };
  return html`<${FormDialog} title="Create a topic" action="Create" submit=${create} onClose=${onClose} commands=${() => cmd.createTopic(form.name || "NAME", config)}>
    <${Field} label="Name"><input required autofocus pattern="[A-Za-z0-9._-]+" maxlength="249" value=${form.name} onInput=${set("name")} /></${Field}>
    <div class="fields">
      <${Field} label="Partitions" hint="readers that share the work; fixed from then on"><input type="number" min="1" max="1024" value=${form.partitions} onInput=${set("partitions")} /></${Field}>
      <${Field} label="Keep for" hint="30m, 7d; empty: for ever"><input value=${form.time} onInput=${set("time")} /></${Field}>
      <${Field} label="Cleanup"><select value=${form.cleanup} onChange=${set("cleanup")}>
        <option value="delete">by age and size</option><option value="compact">newest of each key</option><option value="compact,delete">both</option></select></${Field}>
    </div></${FormDialog}>`;
}
