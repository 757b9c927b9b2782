// One queue: what is in it and why, and what can be done about it.
import { html, useState } from "../core/html.js";
import { ask, get, lookAgain, path, post, usePoll, world } from "../core/api.js";
import { bytes, count, rate, span } from "../core/format.js";
import { go, href, route } from "../core/router.js";
import { Figure, Head, Settings, Tabs, Time } from "../parts/bits.js";
import { cmd, Command, Confirm, Trouble } from "../parts/dialog.js";
import { EditConfig, NewRecord } from "../parts/forms.js";
import { each, Past } from "../parts/rates.js";
import { Depth, Kind, Shape, STATES, WORDS } from "../parts/state.js";
import { say } from "../parts/toast.js";
import { Dead } from "./queue_dead.js";
import { Consumers, Peek } from "./queue_messages.js";
import { Operate, Operations } from "./queue_operations.js";

const EVERY_MS = 1_000;
const COLOURS = { ready: "--ready", in_flight: "--flight", delayed: "--delayed", blocked: "--blocked", dead: "--dead" };
const halves = (series) => [{ title: "half within", series: `${series}_p50`, colour: "--queue" }, { title: "99 of 100 within", series: `${series}_p99`, colour: "--dead" }];
const CHARTS = [
  ["Depth", STATES.map((state) => ({ title: WORDS[state].toLowerCase(), series: state, colour: COLOURS[state] })), rate],
  ["Messages a second", [{ title: "in", series: "in", colour: "--log" }, { title: "out", series: "out", colour: "--queue" }, { title: "acked", series: "acked", colour: "--done" }], each(rate)],
  ["Wait, from stored to first delivery", halves("wait"), span],
  ["Work, from delivery to ack", halves("processing"), span],
];
const SETTINGS = ["visibility_timeout", "max_receives", "dead_letter", "order", "retry", "receive_wait", "retain_acked", "on_disconnect", "delay", "retention", "dedup", "durability"];

export function Page({ name }) {
  const [asked, ask_] = useState();
  const poll = usePoll(async () => {
    const [queue, why] = await Promise.all([get(path`queues/${name}`), get(path`queues/${name}/explain`)]);
    return { queue, why };
  }, EVERY_MS, [name]);
  if (poll.error) return html`<${Head} crumb=${["queues"]} title=${name} /><${Trouble} error=${poll.error} />`;
  if (!poll.data) return null;
  const { queue, why } = poll.data;
  const done = () => (poll.again(), lookAgain());
  const close = () => (ask_(), done());
  const tab = route.value.query.tab ?? "peek";
  const views = {
    peek: () => html`<${Peek} name=${name} messages=${queue.messages} onChange=${done} />`,
    explain: () => html`<${Explain} name=${name} why=${why} />`,
    redrive: () => html`<${Dead} queue=${queue} onDone=${done} /><${Operate} key="redrive" action="redrive" queue=${queue} onDone=${done} /><${Operations} name=${name} />`,
    replay: () => html`<${Operate} key="replay" action="replay" queue=${queue} onDone=${done} /><${Operations} name=${name} />`,
    consumers: () => html`<${Consumers} name=${name} messages=${queue.messages} />`,
    config: () => html`<div class="row"><button class="btn does" onClick=${() => ask_("config")}>Change</button></div><${Settings} of=${queue} leave=${["messages", "backlog"]} />`,
  };
  const pause = async () => {
    await ask("PATCH", path`queues/${name}`, { paused: !queue.paused }).then(() => say(queue.paused ? "Messages go out again" : "Paused: nothing goes out"), (error) => say(error.message, { bad: true }));
    done();
  };
  return html`<${Head} crumb=${["queues"]} title=${name} kind=${html`<${Kind} kind="queue">queue</${Kind}>${queue.paused && html`<${Kind} kind="warn">paused</${Kind}>`}`} under=${html`<${Under} queue=${queue} />`}>
      ${!queue.source && html`<button class="btn main does" onClick=${() => ask_("send")}>Send</button>`}
      <${Command} label="Receive" commands=${() => cmd.receive(name)} />
      <button class="btn does" onClick=${pause}>${queue.paused ? "Resume" : "Pause"}</button>
      <button class="btn does" onClick=${() => ask_("move")}>Move</button>
      <button class="btn danger does" onClick=${() => ask_("purge")}>Purge</button><button class="btn danger does" onClick=${() => ask_("delete")}>Delete</button></${Head}>
    <div class="stack"><dl class="figures" data-testid="counts">${STATES.map((state) => html`<${Figure} key=${state} testid=${`count-${state}`}
        title=${html`<span class=${`state s-${state}`}><${Shape} state=${state} /></span>${WORDS[state]}`} value=${count(queue.messages[state])} />`)}
      <${Figure} title="Size" value=${bytes(queue.backlog?.bytes)} /></dl><${Depth} messages=${queue.messages} /></div>
    ${tab === "peek" && html`<${Past} of=${{ queue: name }} charts=${CHARTS} />`}
    <${Tabs} label="About this queue" at=${tab} tabs=${[{ id: "peek", title: "Peek" }, { id: "explain", title: "Explain" }, { id: "redrive", title: "Redrive", n: queue.messages.dead },
      { id: "replay", title: "Replay" }, { id: "consumers", title: "Consumers" }, { id: "config", title: "Config" }]} />
    ${(views[tab] ?? views.peek)()}
    ${asked === "send" && html`<${NewRecord} title=${`Send to ${name}`} action="Send" delays commands=${(message) => cmd.send(name, message)} onClose=${() => ask_()}
      submit=${async (message) => (say(`Stored at ${(await post(path`queues/${name}/messages`, message)).messages[0].id}`), done())} />`}
    ${asked === "purge" && html`<${Purge} name=${name} onClose=${close} />`}
    ${asked === "delete" && html`<${Delete} queue=${queue} onClose=${() => ask_()} />`}
    ${asked === "move" && html`<${Operate} dialog action="move" queue=${queue} onDone=${close} onClose=${() => ask_()} />`}
    ${asked === "config" && html`<${EditConfig} title=${`Configure ${name}`} of=${queue} names=${SETTINGS} onClose=${close} commands=${(change) => cmd.configQueue(name, change)}
      submit=${(change) => ask("PATCH", path`queues/${name}`, change)} />`}`;
}

function Under({ queue }) {
  const from = world.value.queues.filter((other) => other.dead_letter === queue.name);
  const link = (kind, name) => html`<a key=${name} href=${href([kind, name])}>${name}</a>`;
  return html`<span>${queue.source ? html`reads topic ${link("topics", queue.source.topic)}${queue.source.filter && html` where <code>${queue.source.filter}</code>`}` : "has a log of its own"}</span>
    <span>visibility ${queue.visibility_timeout}</span>
    ${queue.max_receives > 0 && html`<span>dead after ${queue.max_receives} receives${queue.dead_letter && html`, to ${link("queues", queue.dead_letter)}`}</span>`}
    ${from.length > 0 && html`<span>takes dead letters of ${from.map(({ name }) => link("queues", name))}</span>`}
    <span>created <${Time} at=${queue.created} /></span>`;
}

function Explain({ name, why }) {
  return html`<div class="card"><div class="in stack" data-testid="explain"><div class="row"><${Kind} kind=${why.code === "ready" ? "good" : "warn"}>${why.code}</${Kind}>
    <strong>${why.because}</strong></div>
    <p class="soft">What a receive would give now, and what would change that: ${(why.unblock ?? []).join("; ") || "nothing"}.</p>
    <div class="row"><${Command} commands=${() => cmd.explain(name)} /></div></div></div>`;
}

const sum = (messages) => STATES.reduce((n, state) => n + messages[state], 0);

function Purge({ name, onClose }) {
  return html`<${Confirm} title=${`Purge ${name}`} name=${name} action="Purge" onClose=${onClose} commands=${() => cmd.purgeQueue(name)}
    preview=${async () => ({ affected: (await post(path`queues/${name}/purge`, { dry_run: true })).matched, text: "messages are deleted; the queue stays." })}
    act=${async () => say(`Purged ${name}`, await post(path`queues/${name}/purge`))} />`;
}

function Delete({ queue, onClose }) {
  const { name } = queue;
  return html`<${Confirm} title=${`Delete queue ${name}`} name=${name} action="Delete" onClose=${onClose} commands=${() => cmd.deleteQueue(name)}
    preview=${async () => ({ affected: sum((await ask("DELETE", `${path`queues/${name}`}?dry_run=true`)).messages),
      text: queue.source ? `messages are no longer delivered; topic ${queue.source.topic} keeps its records.` : "messages are deleted with it." })}
    act=${async () => (await ask("DELETE", path`queues/${name}`), say(`Queue ${name} is deleted`), lookAgain(), go(["queues"]))} />`;
}
