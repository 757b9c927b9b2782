// Every topic, every queue, every group: what each holds, and how to make another.
import { ask, get, lookAgain, path, world } from "../core/api.js";
import { bytes, count, milliseconds, plural, rate, span } from "../core/format.js";
import { html, useState } from "../core/html.js";
import { go, href, route } from "../core/router.js";
import { cutOf, Empty, Field, Filter, Head, Table, Time } from "../parts/bits.js";
import { cmd, Command, FormDialog, Trouble } from "../parts/dialog.js";
import { Depth, Kind, Shape, STATES, WORDS } from "../parts/state.js";

// --- Every topic: how much it keeps, who reads it, how far they are behind

/** Messages a second over the last ten; nothing is known of who has been quiet for long: that is none. */
const rateColumn = (rates, id, title) => ({
  id, title, num: true, value: ({ name }) => rates.get(name)?.[id] ?? 0,
  cell: ({ name }) => html`<span class=${!rates.get(name)?.[id] && "quiet"} data-rate=${id}>${rate(rates.get(name)?.[id] ?? 0)}</span>`,
});

const attachedTo = (queues, topic) => queues.filter(({ source }) => source?.topic === topic);
const readersOf = (groups, topic) => groups.filter(({ topics }) => topics?.includes(topic));
const retention = ({ time, bytes: size, count: records }) =>
  [time, size && bytes(size), records && `${count(records)} records`].filter(Boolean).join(", ") || "for ever";

export function Topics() {
  const { topics, queues, groups, rates, at, refused } = world.value;
  const [isCreating, setCreating] = useState(false);
  const wanted = (route.value.query.filter ?? "").toLowerCase();
  const behind = (name) => Math.max(0, ...readersOf(groups, name).map(({ lag }) => lag?.count ?? 0));
  const rows = topics.filter(({ name }) => name.toLowerCase().includes(wanted));
  const columns = [
    { id: "name", title: "Topic", value: ({ name }) => name, cell: ({ name }) => html`<a class="name" href=${href(["topics", name])}>${name}</a>` },
    { id: "partitions", title: "Partitions", num: true, value: (row) => row.partitions, cell: (row) => count(row.partitions) },
    { id: "records", title: "Records", num: true, value: (row) => row.records, cell: (row) => count(row.records) },
    { id: "bytes", title: "Size", num: true, value: (row) => row.bytes, cell: (row) => bytes(row.bytes) },
    rateColumn(rates.topics, "in", "In/s"),
    rateColumn(rates.topics, "out", "Out/s"),
    { id: "behind", title: "Most behind", num: true, value: ({ name }) => behind(name), cell: ({ name }) => count(behind(name)) },
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
  return html`<${Head} title="Topics" under=${cutOf("topics", "queues", "groups")}>
      <${Filter} label="Filter topics by name" /><${Command} commands=${cmd.listTopics()} />
      <button class="btn main does" onClick=${() => setCreating(true)}>Create topic</button></${Head}>
    ${refused.topics ? html`<${Trouble} error=${refused.topics} />` : html`<${Table} label="Topics" testid="topics" columns=${columns} rows=${rows} rowKey=${({ name }) => name} sort="-in" empty=${empty} />`}
    ${isCreating && html`<${CreateTopic} onClose=${() => setCreating(false)} />`}`;
}

function CreateTopic({ onClose }) {
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

// --- Every queue: what is in it, in which state, and where dead letters go

const total = ({ messages }) => STATES.reduce((sum, state) => sum + messages[state], 0);
const stateColumn = (state) => ({
  id: state, num: true, title: html`<span class=${`state s-${state}`}><${Shape} state=${state} /><span class="soft">${WORDS[state]}</span></span>`,
  value: ({ messages }) => messages[state],
  cell: ({ messages }) => html`<span class=${messages[state] === 0 ? "quiet" : `s-${state} state`}>${count(messages[state])}</span>`,
});
const link = (name) => html`<a href=${href(["queues", name])}>${name}</a>`;

export function Queues() {
  const { queues, rates, at, refused } = world.value;
  const again = ({ name }) => (rates.queues.get(name)?.out > 0 ? (100 * rates.queues.get(name).redelivered) / rates.queues.get(name).out : 0);
  const [isCreating, setCreating] = useState(false);
  const wanted = (route.value.query.filter ?? "").toLowerCase();
  const feeds = new Map(queues.filter((queue) => queue.dead_letter).map((queue) => [queue.dead_letter, queue.name]));
  const columns = [
    { id: "name", title: "Queue", value: ({ name }) => name, cell: (row) => html`<span class="row"><a class="name" href=${href(["queues", row.name])}>${row.name}</a>
      ${row.paused && html`<${Kind} kind="warn">paused</${Kind}>`}</span>` },
    { id: "log", title: "Reads", value: ({ source }) => source?.topic ?? "", cell: ({ source }) => source
      ? html`<a href=${href(["topics", source.topic])}><${Kind} kind="log">${source.topic}</${Kind}></a>` : html`<span class="quiet">its own log</span>` },
    rateColumn(rates.queues, "in", "In/s"),
    rateColumn(rates.queues, "out", "Out/s"),
    { id: "again", title: "Again", num: true, value: again, cell: (row) => html`<span class=${again(row) === 0 && "quiet"} title="Deliveries that were not the first">${Math.round(again(row))} %</span>` },
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
  return html`<${Head} title="Queues" under=${cutOf("queues")}>
      <${Filter} label="Filter queues by name" /><${Command} commands=${cmd.listQueues()} />
      <button class="btn main does" onClick=${() => setCreating(true)}>Create queue</button></${Head}>
    ${refused.queues ? html`<${Trouble} error=${refused.queues} />` : html`<${Table} label="Queues" testid="queues" columns=${columns} rows=${rows} rowKey=${({ name }) => name} sort="-in" empty=${empty} />`}
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

// --- Every group: who reads for it, and how far it is behind

const MEANS = { Stable: "good", Empty: "plain", PreparingRebalance: "warn", CompletingRebalance: "warn" };

export const GroupState = ({ state }) => html`<${Kind} kind=${MEANS[state] ?? "plain"}>${state === "Empty" ? "no members" : state.toLowerCase()}</${Kind}>`;

const GROUP_COLUMNS = [
  { id: "name", title: "Group", value: ({ name }) => name, cell: ({ name }) => html`<a class="name" href=${href(["groups", name])}>${name}</a>` },
  { id: "state", title: "State", value: ({ state }) => state, cell: ({ state }) => html`<${GroupState} state=${state} />` },
  { id: "members", title: "Members", num: true, value: ({ members }) => members.length, cell: ({ members }) => count(members.length) },
  { id: "topics", title: "Topics", cell: ({ topics }) => html`<span class="row">${topics.map((topic) => html`<a key=${topic} href=${href(["topics", topic], { tab: "readers" })}><${Kind} kind="log">${topic}</${Kind}></a>`)}</span>` },
  { id: "lag", title: "Lag", num: true, value: ({ lag }) => lag?.count, cell: ({ lag }) => count(lag?.count) },
  { id: "bytes", title: "Bytes", num: true, value: ({ lag }) => lag?.bytes, cell: ({ lag }) => bytes(lag?.bytes) },
  { id: "age", title: "Oldest unread", num: true, value: ({ lag }) => lag?.seconds, cell: ({ lag }) => (lag?.count > 0 ? span(milliseconds(lag.age)) : html`<span class="quiet">–</span>`) },
];

export function Groups() {
  const { groups, at, refused } = world.value;
  const wanted = (route.value.query.filter ?? "").toLowerCase();
  const rows = groups.filter(({ name }) => name.toLowerCase().includes(wanted));
  const empty = wanted ? html`<${Empty} title="No group matches" />` : at > 0 && html`<${Empty} title="No groups yet" command="twofold consume orders -g analytics">
    A group remembers how far its readers got in a topic, and shares the partitions out among them. It is there once somebody reads for it:</${Empty}>`;
  return html`<${Head} title="Groups" under=${cutOf("groups")}><${Filter} label="Filter groups by name" /><${Command} commands=${cmd.listGroups()} /></${Head}>
    ${refused.groups ? html`<${Trouble} error=${refused.groups} />` : html`<${Table} label="Groups" testid="groups" columns=${GROUP_COLUMNS} rows=${rows} rowKey=${({ name }) => name} sort="-lag" empty=${empty} />`}`;
}
