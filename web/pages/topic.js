// One topic: its records, its partitions, who reads it.
import { html, useState } from "../core/html.js";
import { ask, get, lookAgain, path, post, usePoll, world } from "../core/api.js";
import { bytes, count, milliseconds, plural, rate, span } from "../core/format.js";
import { go, href, route } from "../core/router.js";
import { Empty, Field, Figure, Head, Settings, Tabs, Time } from "../parts/bits.js";
import { cmd, Command, Confirm, FormDialog, Trouble } from "../parts/dialog.js";
import { EditConfig, NewRecord } from "../parts/forms.js";
import { each, Past } from "../parts/rates.js";
import { Kind } from "../parts/state.js";
import { say } from "../parts/toast.js";
import { Messages } from "./topic_messages.js";

const EVERY_MS = 1_000;
const CHARTS = [["Records a second", [{ title: "in", series: "in", colour: "--log" }, { title: "out, to readers and queues", series: "out", colour: "--group" }], each(rate)]];

export function Page({ name }) {
  const [asked, ask_] = useState();
  const topic = usePoll(async () => {
    const [about, offsets, consumers] = await Promise.all([get(path`topics/${name}`), get(path`topics/${name}/offsets`), get(path`topics/${name}/consumers`)]);
    return { about, partitions: offsets.partitions, consumers };
  }, EVERY_MS, [name]);
  const { data, error } = topic;
  if (error) return html`<${Head} crumb=${["topics"]} title=${name} /><${Trouble} error=${error} />`;
  if (!data) return null;
  const { about, partitions, consumers } = data;
  const tab = route.value.query.tab ?? "messages";
  const readers = consumers.queues.length + consumers.groups.length;
  const done = () => (topic.again(), lookAgain());
  const views = {
    messages: () => html`<${Messages} name=${name} partitions=${partitions} />`,
    partitions: () => html`<${Partitions} name=${name} partitions=${partitions} />`,
    readers: () => html`<${Readers} name=${name} consumers=${consumers} partitions=${partitions} />`,
    config: () => html`<div class="row"><button class="btn does" onClick=${() => ask_("config")}>Change</button></div><${Settings} of=${about} leave=${["records", "bytes"]} />`,
  };
  return html`<${Head} crumb=${["topics"]} title=${name} kind=${html`<${Kind} kind="log">topic</${Kind}>`}
      under=${html`<span>created <${Time} at=${about.created} /></span><span>durability ${about.durability}</span>`}>
      <button class="btn main does" onClick=${() => ask_("produce")}>Publish</button>
      <button class="btn does" onClick=${() => ask_("trim")}>Trim</button><button class="btn danger does" onClick=${() => ask_("delete")}>Delete</button></${Head}>
    <dl class="figures">
      <${Figure} title="Records" value=${count(about.records)} testid="records" /><${Figure} title="Size" value=${bytes(about.bytes)} />
      <${Figure} title="Partitions" value=${count(about.partitions)} />
      <${Figure} title="Attached queues" value=${count(consumers.queues.length)} /><${Figure} title="Groups" value=${count(consumers.groups.length)} />
      <${Figure} title="Most behind" value=${count(Math.max(0, ...[...consumers.queues, ...consumers.groups].map(({ lag }) => lag?.count ?? 0)))} unit="records" />
    </dl>
    ${tab === "messages" && html`<${Past} of=${{ topic: name }} charts=${CHARTS} />`}
    <${Tabs} label="About this topic" at=${tab} tabs=${[{ id: "messages", title: "Messages" }, { id: "partitions", title: "Partitions", n: partitions.length },
      { id: "readers", title: "Readers", n: readers }, { id: "config", title: "Config" }]} />
    ${(views[tab] ?? views.messages)()}
    ${asked === "produce" && html`<${NewRecord} title=${`Publish to ${name}`} action="Publish" commands=${(record) => cmd.produce(name, record)} onClose=${() => ask_()}
      submit=${async (record) => (say(`Stored at ${(await post(path`topics/${name}/records`, record)).records[0].id}`), done())} />`}
    ${asked === "trim" && html`<${Trim} name=${name} partitions=${partitions} onClose=${() => (ask_(), done())} />`}
    ${asked === "delete" && html`<${Delete} name=${name} onClose=${() => ask_()} />`}
    ${asked === "config" && html`<${EditConfig} title=${`Configure ${name}`} of=${about} onClose=${() => (ask_(), done())} commands=${(change) => cmd.configTopic(name, change)}
      names=${["retention", "cleanup", "compaction", "durability", "record_bytes_max"]} submit=${(change) => ask("PATCH", path`topics/${name}`, change)} />`}`;
}

const SAMPLED = 200; // the newest records of a partition
const SAMPLED_PARTITIONS = 32;

/** The most frequent keys of a sample, each with its share in percent. Pure. */
export function hottest(records, most = 3) {
  const keys = new Map();
  for (const { key } of records) if (typeof key === "string") keys.set(key, (keys.get(key) ?? 0) + 1);
  return [...keys].sort((a, b) => b[1] - a[1]).slice(0, most).map(([key, n]) => ({ key, share: Math.round((100 * n) / records.length) }));
}

async function sample(name, { partition, start, end }) {
  const search = new URLSearchParams({ partition, from: Math.max(start, end - SAMPLED), limit: SAMPLED, on_trim: "skip" });
  return [partition, hottest((await get(`${path`topics/${name}/records`}?${search}`)).records)];
}

function Partitions({ name, partitions }) {
  const { data } = usePoll(async () => new Map(await Promise.all(partitions.filter(({ records }) => records > 0).slice(0, SAMPLED_PARTITIONS).map((one) => sample(name, one).catch(() => [one.partition, []])))), Infinity, [name]);
  const most = Math.max(1, ...partitions.map(({ records }) => records));
  return html`<div class="table"><table aria-label="Partitions"><thead><tr><th scope="col">Partition</th><th scope="col" class="num">Start</th><th scope="col" class="num">End</th>
      <th scope="col" class="num">Records</th><th scope="col" class="num">Size</th><th scope="col">Share</th><th scope="col" title=${`of the newest ${SAMPLED} records, when this was opened`}>Hottest keys (sample)</th></tr></thead>
    <tbody>${partitions.map((one) => html`<tr key=${one.partition}><td>${one.partition}</td><td class="num">${count(one.start)}</td><td class="num">${count(one.end)}</td>
      <td class="num">${count(one.records)}</td><td class="num">${bytes(one.bytes)}</td>
      <td><div class="lagbar"><i class="read" style=${{ width: `${(100 * one.records) / most}%` }}></i></div></td>
      <td class="small" data-keys=${one.partition}>${data?.get(one.partition)?.map(({ key, share }) => html`<span key=${key} class="nowrap"><bdi class="mono">${key.slice(0, 40)}</bdi> ${share} % </span>`)}</td></tr>`)}</tbody></table></div>
    <p class="quiet small">Hottest keys: of the newest ${count(SAMPLED)} records of each partition, looked at once.</p>`;
}

/** Groups and attached queues on one scale: how much of what is kept each has behind it. */
function Readers({ name, consumers, partitions }) {
  const kept = partitions.reduce((sum, { records }) => sum + records, 0);
  const rows = [...consumers.queues.map((one) => ({ ...one, kind: "queue" })), ...consumers.groups.map((one) => ({ ...one, kind: "group" }))];
  if (rows.length === 0) return html`<${Empty} title="Nobody reads this topic yet" command=${cmd.attach(name, "workers", { source: { from: "earliest" } })[0][1]}>
    A queue that is attached, or a group of readers, appears here with how far it got. To begin with everything that is there:</${Empty}>`;
  return html`<div class="table"><table aria-label="Readers"><thead><tr><th scope="col">Reader</th><th scope="col">Kind</th><th scope="col">How far</th><th scope="col" class="num">Lag</th>
      <th scope="col" class="num">Bytes</th><th scope="col" class="num">Oldest unread</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${`${row.kind}/${row.name}`}><td><a class="name" href=${href([`${row.kind}s`, row.name])}>${row.name}</a></td>
      <td><${Kind} kind=${row.kind}>${row.kind}</${Kind}></td><td><${LagBar} kind=${row.kind} lag=${row.lag?.count ?? 0} of=${kept} /></td>
      <td class="num">${count(row.lag?.count)}</td><td class="num">${bytes(row.lag?.bytes)}</td>
      <td class="num">${row.lag?.count > 0 ? span(milliseconds(row.lag.age)) : html`<span class="quiet">–</span>`}</td></tr>`)}</tbody></table></div>`;
}

export function LagBar({ kind, lag, of }) {
  const share = of === 0 ? 100 : Math.max(0, Math.min(100, 100 * (1 - lag / of)));
  return html`<div class="lagbar" role="img" aria-label=${`${Math.round(share)} % read`} title=${`${count(Math.max(0, of - lag))} of ${plural(of, "record")}`}>
    <i class="read" style=${{ width: `${share}%` }}></i><i class=${`at ${kind}`} style=${{ left: `calc(${share}% - 1px)` }}></i></div>`;
}

function Trim({ name, partitions, onClose }) {
  const [partition, setPartition] = useState(partitions[0].partition);
  const [offset, setOffset] = useState("");
  const one = partitions.find((each) => each.partition === partition);
  const to = Math.min(Number(offset || one.start), one.end);
  const before = { [partition]: to };
  return html`<${Confirm} title=${`Trim ${name}`} name=${name} action="Trim" onClose=${onClose} watched=${[partition, to]} commands=${() => cmd.trimTopic(name, before)}
    preview=${async () => ({ affected: Math.max(0, to - one.start), text: "records before it are forgotten, for every reader." })}
    act=${() => post(path`topics/${name}/trim`, { before })}>
    <div class="fields"><${Field} label="Partition"><select value=${partition} onChange=${(event) => setPartition(Number(event.target.value))}>
      ${partitions.map((each) => html`<option key=${each.partition} value=${each.partition}>${each.partition}: ${each.start} to ${each.end}</option>`)}</select></${Field}>
    <${Field} label="First offset that stays"><input type="number" min=${one.start} max=${one.end} value=${offset} onInput=${(event) => setOffset(event.target.value)} /></${Field}></div></${Confirm}>`;
}

function Delete({ name, onClose }) {
  const queues = world.value.queues.filter(({ source }) => source?.topic === name).map((queue) => queue.name);
  return html`<${Confirm} title=${`Delete topic ${name}`} name=${name} action="Delete" onClose=${onClose} commands=${() => cmd.deleteTopic(name)}
    preview=${async () => ({ affected: (await get(path`topics/${name}`)).records, text: "records go with it." })}
    act=${async () => (await ask("DELETE", path`topics/${name}`), say(`Topic ${name} is deleted`), lookAgain(), go(["topics"]))}>
    ${queues.length > 0 && html`<p class="warn">Attached to it: ${queues.join(", ")}. Delete these queues first.</p>`}</${Confirm}>`;
}
