// What is done to many messages at once: first how many it would be, then in the background, with its progress.
import { html, useState } from "../core/html.js";
import { ask, get, path, post, usePoll } from "../core/api.js";
import { bytes, count, plural } from "../core/format.js";
import { Empty, Field, Time } from "../parts/bits.js";
import { cmd, Command, Dialog, Trouble, TYPED_ABOVE, usePreview } from "../parts/dialog.js";
import { Kind } from "../parts/state.js";
import { say } from "../parts/toast.js";

const EVERY_MS = 1_000;
const TYPING_MS = 250;
const SAYS = {
  redrive: { title: "Make dead messages ready again", verb: "Redrive", none: "Nothing here is dead. Messages die when they were received too often, or when a worker says so." },
  replay: { title: "Deliver acked messages again", verb: "Replay", none: "Nothing matches that could come again: an attached queue replays what its topic keeps, one with a log of its own what it kept with retain_acked." },
  move: { title: "Move messages to another queue", verb: "Move", none: "Nothing matches." },
};

/** The request that a form says, without what is empty. */
export function requestOf({ from, to, filter, rate, destination }) {
  const given = Object.entries({ from, to, filter, destination }).filter(([, value]) => value);
  return { ...Object.fromEntries(given), ...(rate && { rate: Number(rate) }) };
}

export function Operate({ action, queue, dialog, onDone, onClose }) {
  const words = SAYS[action];
  const [form, setForm] = useState({ from: "", to: "", filter: "", rate: "", destination: "" });
  const [typed, setTyped] = useState("");
  const target = path`queues/${queue.name}/${action}`.replaceAll("%2F", "/");
  const request = requestOf(form);
  const look = () => post(target, { ...request, dry_run: true });
  const [{ found, error }, fail] = usePreview(look, [target, request], { watched: [queue.messages.dead], delayMs: TYPING_MS });
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const start = async (event) => {
    event.preventDefault();
    try {
      const { operation } = await post(target, request);
      say(`${words.verb} has begun (${operation})`);
      setTyped("");
      onDone();
    } catch (problem) {
      fail(problem);
    }
  };
  const mustType = found?.matched > TYPED_ABOVE;
  const body = html`<form class="stack" onSubmit=${start}>
    <div class="fields">
      <${Field} label="Stored from" hint="-1h, a time; empty: the first"><input value=${form.from} onInput=${set("from")} /></${Field}>
      <${Field} label="Until" hint="empty: now"><input value=${form.to} onInput=${set("to")} /></${Field}>
      <${Field} label="Filter" hint="value.amount > 100, headers.region = 'EU'"><input value=${form.filter} onInput=${set("filter")} /></${Field}>
      <${Field} label="At most a second" hint="empty: as fast as it goes"><input type="number" min="1" value=${form.rate} onInput=${set("rate")} /></${Field}>
      ${action === "move" && html`<${Field} label="To the queue" hint="empty: where each died"><input value=${form.destination} onInput=${set("destination")} /></${Field}>`}
    </div>
    ${error ? html`<${Trouble} error=${error} />` : html`<p aria-live="polite" data-testid="operation-preview">${!found ? "Counting …" : found.matched === 0 ? html`<strong>0</strong> messages. ${words.none}`
      : html`<strong>${count(found.matched)}</strong> ${found.matched === 1 ? "message" : "messages"}, ${bytes(found.bytes)}. For example ${found.sample.slice(0, 5).map((id) => html`<code key=${id}>${id} </code>`)}
        ${found.stayed > 0 && html`<span class="warn">${plural(found.stayed, "message")} would stay: where they died there is no queue.</span>`}`}</p>`}
    ${mustType && html`<${Field} label=${`Type ${queue.name} to go on`}><input value=${typed} autocomplete="off" onInput=${(event) => setTyped(event.target.value)} /></${Field}>`}
    <div class="row"><button class="btn main does" disabled=${!found || found.matched === 0 || (mustType && typed !== queue.name)}>${words.verb}${found?.matched > 0 ? ` ${count(found.matched)}` : ""}</button>
      ${dialog && html`<button type="button" class="btn" onClick=${onClose}>Cancel</button>`}
      <${Command} commands=${() => cmd.operate(queue.name, action, request)} /></div></form>`;
  if (dialog) return html`<${Dialog} title=${`${words.title}: ${queue.name}`} onClose=${onClose}>${body}</${Dialog}>`;
  return html`<section class="card"><div class="title"><h2>${words.title}</h2></div><div class="in">${body}</div></section>`;
}

/** What was started on this queue, the newest first. */
export function Operations({ name }) {
  const poll = usePoll(async () => (await get("/v1/operations")).items.filter(({ queue }) => queue === name), EVERY_MS, [name]);
  if (!poll.data) return poll.error && html`<${Trouble} error=${poll.error} />`;
  if (poll.data.length === 0) return html`<${Empty} title="No operations on this queue yet" />`;
  const end = async (id) => (await ask("DELETE", path`operations/${id}`).catch((error) => say(error.message, { bad: true })), poll.again());
  return html`<div class="table"><table aria-label="Operations"><thead><tr><th scope="col">Operation</th><th scope="col">Action</th><th scope="col">Status</th><th scope="col">Progress</th>
      <th scope="col" class="num">Matched</th><th scope="col">Began</th><th scope="col"></th></tr></thead>
    <tbody>${poll.data.map((one) => html`<tr key=${one.id}><td class="mono">${one.id}</td><td>${one.action}${one.destination && html` → ${one.destination}`}</td>
      <td><${Kind} kind=${one.status === "completed" ? "good" : one.status === "running" ? "warn" : "plain"}>${one.status}</${Kind}></td>
      <td><progress max=${one.to_scan || 1} value=${one.to_scan ? one.scanned : 1} aria-label="Progress"></progress></td>
      <td class="num">${count(one.matched)}</td><td class="soft"><${Time} at=${one.started} /></td>
      <td>${one.status === "running" && html`<button class="btn mini does" onClick=${() => end(one.id)}>End</button>`}</td></tr>`)}</tbody></table></div>`;
}
