// One group: who reads which partition, how far each is, and moving it.
import { html, useState } from "../core/html.js";
import { ask, get, lookAgain, path, post, usePoll, world } from "../core/api.js";
import { bytes, count, milliseconds, plural, span } from "../core/format.js";
import { go, href } from "../core/router.js";
import { Ago, Empty, Field, Figure, Head } from "../parts/bits.js";
import { cmd, Command, Confirm, Trouble } from "../parts/dialog.js";
import { Kind } from "../parts/state.js";
import { History } from "../parts/rates.js";
import { say } from "../parts/toast.js";
import { GroupState } from "./lists.js";
import { LagBar } from "./topic.js";

export function Page({ name }) {
  const [asked, ask_] = useState();
  const poll = usePoll(() => get(path`groups/${name}`), 1_000, [name]);
  if (poll.error) return html`<${Head} crumb=${["groups"]} title=${name} /><${Trouble} error=${poll.error} />`;
  if (!poll.data) return null;
  const group = poll.data;
  return html`<${Head} crumb=${["groups"]} title=${name} kind=${html`<${Kind} kind="group">group</${Kind}><${GroupState} state=${group.state} />`}
      under=${html`<span>shared out ${plural(group.generation, "time")}</span><span>${group.assignor}</span>`}>
      <${Command} commands=${() => cmd.describeGroup(name)} /><button class="btn does" onClick=${() => ask_("seek")}>Seek</button>
      <button class="btn danger does" onClick=${() => ask_("delete")}>Delete</button></${Head}>
    <dl class="figures"><${Figure} title="Lag" value=${count(group.lag?.count)} unit="records" testid="lag" /><${Figure} title="Bytes" value=${bytes(group.lag?.bytes)} />
      <${Figure} title="Oldest unread" value=${group.lag?.count > 0 ? span(milliseconds(group.lag.age)) : "–"} /><${Figure} title="Members" value=${count(group.members.length)} /></dl>
    <${History} title="Lag while this page is open" at=${poll.at} values=${[group.lag?.count ?? 0]} lines=${[{ title: "records to read", colour: "--group" }]} />
    <${Offsets} group=${group} /><${Members} members=${group.members} />
    ${asked === "seek" && html`<${Seek} group=${group} onClose=${() => (ask_(), poll.again())} />`}
    ${asked === "delete" && html`<${Delete} group=${group} onClose=${() => ask_()} />`}`;
}

function Offsets({ group }) {
  const rows = Object.entries(group.offsets ?? {}).flatMap(([topic, partitions]) => Object.entries(partitions).map(([partition, at]) => ({ topic, partition, ...at })));
  const reader = ({ topic, partition }) => group.members.find(({ assigned }) => assigned[topic]?.includes(Number(partition)));
  if (rows.length === 0) return html`<${Empty} title="Nothing is committed yet" />`;
  return html`<div class="table" data-testid="offsets"><table aria-label="Offsets"><thead><tr><th scope="col">Topic</th><th scope="col">Partition</th><th scope="col">How far</th><th scope="col" class="num">Committed</th><th scope="col" class="num">End</th>
      <th scope="col" class="num">Lag</th><th scope="col" class="num">Oldest unread</th><th scope="col">Reader</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${`${row.topic}/${row.partition}`} data-offset=${row.committed}><td><a class="name" href=${href(["topics", row.topic])}>${row.topic}</a></td><td>${row.partition}</td>
      <td><${LagBar} kind="group" lag=${row.lag?.count ?? 0} of=${Math.max(row.end, 1)} /></td>
      <td class="num">${count(row.committed)}</td><td class="num">${count(row.end)}</td><td class="num">${count(row.lag?.count)}</td>
      <td class="num">${row.lag?.count > 0 ? span(milliseconds(row.lag.age)) : html`<span class="quiet">–</span>`}</td><td class="mono">${reader(row)?.member ?? html`<span class="quiet">nobody</span>`}</td></tr>`)}</tbody></table></div>`;
}

function Members({ members }) {
  if (members.length === 0) return html`<${Empty} title="No members now">The group keeps its offsets; whoever reads for it next goes on there.</${Empty}>`;
  return html`<div class="table"><table aria-label="Members"><thead><tr><th scope="col">Member</th><th scope="col">Client</th><th scope="col">Reads</th><th scope="col" class="num">Session</th><th scope="col" class="num">Heard of</th></tr></thead>
    <tbody>${members.map((one) => html`<tr key=${one.member}><td class="mono">${one.member}</td><td>${one.client}</td>
      <td>${Object.entries(one.assigned).map(([topic, partitions]) => `${topic} ${partitions.join(", ")}`).join("; ") || html`<span class="quiet">nothing yet</span>`}</td>
      <td class="num">${one.session}</td><td class="num">${one.last_seen ? html`<${Ago} at=${one.last_seen} /> ago` : "–"}</td></tr>`)}</tbody></table></div>`;
}

/** How many records are read again, and how many are skipped, if offsets become those of `would`. */
export function moved(offsets, would) {
  const change = Object.entries(would).map(([partition, to]) => to - (offsets[partition]?.committed ?? 0));
  return { again: change.filter((n) => n < 0).reduce((sum, n) => sum - n, 0), skipped: change.filter((n) => n > 0).reduce((sum, n) => sum + n, 0) };
}

function Seek({ group, onClose }) {
  const topics = group.topics.length > 0 ? group.topics : world.value.topics.map(({ name }) => name);
  const [topic, setTopic] = useState(topics[0] ?? "");
  const [to, setTo] = useState("earliest");
  const target = path`groups/${group.name}/seek`;
  const preview = async () => {
    const { would_commit: would } = await post(target, { topic, to, dry_run: true });
    const { again, skipped } = moved(group.offsets?.[topic] ?? {}, would[topic] ?? {});
    return { affected: again + skipped, text: again + skipped === 0 ? "records: it is there already." : `records: ${count(again)} are read again, ${count(skipped)} are skipped.` };
  };
  return html`<${Confirm} title=${`Move group ${group.name}`} name=${group.name} action="Seek" onClose=${onClose} watched=${[topic, to]} preview=${preview} commands=${() => cmd.seekGroup(group.name, topic, to)}
      act=${async () => (await post(target, { topic, to }), say(`${group.name} goes on from ${to}`), lookAgain())}>
    <div class="fields"><${Field} label="Topic"><select value=${topic} onChange=${(event) => setTopic(event.target.value)}>${topics.map((one) => html`<option key=${one}>${one}</option>`)}</select></${Field}>
      <${Field} label="To" hint="earliest, latest, -15m, a time, an offset"><input required value=${to} onInput=${(event) => setTo(event.target.value)} data-testid="seek-to" /></${Field}></div></${Confirm}>`;
}

function Delete({ group, onClose }) {
  return html`<${Confirm} title=${`Delete group ${group.name}`} name=${group.name} action="Delete" onClose=${onClose} commands=${() => cmd.deleteGroup(group.name)}
    preview=${async () => ({ affected: Object.values(group.offsets ?? {}).reduce((n, partitions) => n + Object.keys(partitions).length, 0), text: "committed offsets are forgotten; the topics keep their records." })}
    act=${async () => (await ask("DELETE", path`groups/${group.name}`), say(`Group ${group.name} is deleted`), lookAgain(), go(["groups"]))} />`;
}
