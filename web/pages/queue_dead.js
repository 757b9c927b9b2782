// The dead of a queue, or the letters in a dead letter queue, by why they died: some are sent on, one is put right first.
import { ask, get, path, post, usePoll, world } from "../core/api.js";
import { bytesOf, content, preview } from "../core/body.js";
import { count, plural } from "../core/format.js";
import { html, useState } from "../core/html.js";
import { choose, route } from "../core/router.js";
import { Field, Time } from "../parts/bits.js";
import { cmd, Command, Confirm, FormDialog, Trouble } from "../parts/dialog.js";
import { say } from "../parts/toast.js";

const LOOKED_AT = 200;
const EVERY_MS = 2_000;
const OURS = "twofold-";

const reasonOf = ({ reason, headers }) => reason || headers?.[`${OURS}reason`] || "received too often";

/** Messages by `by`, "reason" or a header's name; the largest group first. Pure. */
export function grouped(messages, by) {
  const of = (message) => (by === "reason" ? reasonOf(message) : String(message.headers?.[by] ?? "none"));
  const groups = Object.entries(Object.groupBy(messages, of)).map(([value, list]) => {
    const stored = list.map(({ timestamp }) => timestamp).sort();
    return { value, list, first: stored[0], last: stored.at(-1), receives: Math.max(...list.map(({ receive_count: n = 0, headers }) => Number(headers?.[`${OURS}receives`] ?? n))) };
  });
  return groups.sort((a, b) => b.list.length - a.list.length);
}

export function Dead({ queue, onDone }) {
  const { name, messages } = queue;
  const isLetters = world.value.queues.some((other) => other.dead_letter === name);
  const state = messages.dead === 0 && isLetters ? "ready" : "dead";
  const poll = usePoll((stop) => get(`${path`queues/${name}/messages`}?state=${state}&limit=${LOOKED_AT}`, { exact: true, signal: stop }), EVERY_MS, [name, state]);
  const [chosen, setChosen] = useState(new Set());
  const [asked, ask_] = useState();
  const items = poll.data?.items ?? [];
  const by = route.value.query.by ?? "reason";
  const headers = [...new Set(items.flatMap((message) => Object.keys(message.headers ?? {})))].filter((header) => !header.startsWith(OURS)).slice(0, 20);
  const ids = items.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const toggle = (list) => {
    const all = list.every(({ id }) => chosen.has(id));
    setChosen(new Set(all ? [...chosen].filter((id) => !list.some((one) => one.id === id)) : [...chosen, ...list.map(({ id }) => id)]));
  };
  const done = () => (ask_(), setChosen(new Set()), poll.again(), onDone());
  if (poll.error) return html`<${Trouble} error=${poll.error} />`;
  if (items.length === 0) return null;
  return html`<section class="card"><div class="title"><h2>${isLetters && state === "ready" ? "Letters" : "The dead"}</h2><select class="group-by" aria-label="Group by" value=${by} onChange=${(event) => choose({ by: event.target.value === "reason" ? "" : event.target.value })}>
      ${["reason", ...headers].map((one) => html`<option key=${one} value=${one}>by ${one}</option>`)}</select></div>
    <div class="table" data-testid="dead"><table aria-label="Dead messages"><thead><tr><th scope="col"><input type="checkbox" aria-label="All of them" checked=${ids.length === items.length} onChange=${() => toggle(items)} /></th><th scope="col">${by}</th><th scope="col" class="num">Messages</th>
      <th scope="col" class="num">Receives</th><th scope="col">First stored</th><th scope="col">Last stored</th><th scope="col">For example</th><th scope="col"></th></tr></thead>
    <tbody>${grouped(items, by).map(({ value, list, first, last, receives }) => html`<tr key=${value} data-group=${value}>
      <td><input type="checkbox" aria-label=${`Those of ${value}`} checked=${list.every(({ id }) => chosen.has(id))} onChange=${() => toggle(list)} /></td><td><strong dir="auto">${value}</strong></td><td class="num">${count(list.length)}</td><td class="num">${count(receives)}</td>
      <td class="soft"><${Time} at=${first} /></td><td class="soft"><${Time} at=${last} /></td><td class="cut mono">${list[0].id} ${preview(list[0])}</td>
      <td>${!queue.source && content(list[0]).shape !== "bytes" && html`<button class="btn mini does" onClick=${() => ask_(list[0])}>Put right</button>`}</td></tr>`)}</tbody></table></div>
    <div class="in row"><button class="btn main does" disabled=${ids.length === 0} onClick=${() => ask_("send")}>Redrive ${plural(ids.length, "message")}</button>
      ${poll.data.next && html`<span class="quiet small">The oldest ${count(items.length)} are looked at; the form below is about all.</span>`}</div></section>
    ${asked === "send" && html`<${SendOn} name=${name} ids=${ids} isLetters=${state === "ready"} onClose=${() => ask_()} onDone=${done} />`}
    ${asked?.id && html`<${PutRight} name=${name} message=${asked} onClose=${() => ask_()} onDone=${done} />`}`;
}

function SendOn({ name, ids, isLetters, onClose, onDone }) {
  const [to, setTo] = useState("");
  const [rate, setRate] = useState("");
  const action = isLetters || to ? "move" : "redrive";
  const request = { ids, ...(to && { destination: to }), ...(rate && { rate: Number(rate) }) };
  const target = `${path`queues/${name}`}/${action}`;
  return html`<${Confirm} title=${`Redrive of ${name}`} name=${name} action="Redrive" onClose=${onClose} watched=${[to]} commands=${() => cmd.operate(name, action, request)}
    preview=${async () => ({ affected: (await post(target, { ...request, dry_run: true })).matched, text: `messages are ready again${to ? ` in ${to}` : isLetters ? ", each where it died" : ""}.` })}
    act=${async () => (say(`Redrive has begun (${(await post(target, request)).operation})`), onDone())}>
    <div class="fields"><${Field} label="To the queue" hint=${isLetters ? "empty: where each died" : "empty: this one"}><input value=${to} onInput=${(event) => setTo(event.target.value)} /></${Field}>
      <${Field} label="At most a second" hint="empty: as fast as it goes"><input type="number" min="1" value=${rate} onInput=${(event) => setRate(event.target.value)} /></${Field}></div></${Confirm}>`;
}

/** A stored message does not change: another one is sent with its key and headers, then this one is done with. */
function PutRight({ name, message, onClose, onDone }) {
  const { shape } = content(message);
  const [text, setText] = useState(() => new TextDecoder().decode(bytesOf(content(message))));
  const origin = message.headers?.[`${OURS}origin`]?.replace(/:[^:]*$/, "");
  const [to, setTo] = useState(origin ?? name);
  // JSON goes as it was typed: numbers that JavaScript cannot hold stay what they are.
  const copy = () => {
    const rest = JSON.stringify({ ...(shape !== "json" && { text }), ...(typeof message.key === "string" && { key: message.key }),
      headers: Object.fromEntries(Object.entries(message.headers ?? {}).filter(([header]) => !header.startsWith(OURS))) });
    return shape === "json" ? (JSON.parse(text), `{"value":${text},${rest.slice(1)}`) : rest;
  };
  const send = async () => {
    const { messages: [stored] } = await post(path`queues/${to}/messages`, copy());
    await ask("DELETE", path`queues/${name}/messages/${message.id}`);
    say(`${message.id} is done with; ${to} has ${stored.id} instead`);
    onDone();
  };
  return html`<${FormDialog} title=${`Put ${message.id} right`} action="Send instead" large onClose=${onClose} submit=${send}>
    <${Field} label="Body" hint="another message is sent with the same key and headers, then this one is done with: two steps, and should the second fail both are there"><textarea rows="10" class="mono" data-testid="right-body" value=${text} onInput=${(event) => setText(event.target.value)}></textarea></${Field}>
    <${Field} label="To the queue"><input required value=${to} onInput=${(event) => setTo(event.target.value)} /></${Field}></${FormDialog}>`;
}
