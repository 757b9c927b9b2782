// What happens to chosen topics and queues, as it happens. Pausing keeps the rows; what is left out is counted.
import { html, useEffect, useRef, useState } from "../core/html.js";
import { keyText, matches, preview } from "../core/body.js";
import { connect } from "../core/client.js";
import { mayNot, token } from "../core/key.js";
import { clock, count, span } from "../core/format.js";
import { choose, route } from "../core/router.js";
import { world } from "../core/api.js";
import { inspect } from "../kitchen/inspect.js";
import { Empty, Head } from "../parts/bits.js";
import { cmd, Command } from "../parts/dialog.js";
import { Kind } from "../parts/state.js";
import { Value } from "../parts/value.js";

const KEPT = 1_000;
const SHOWN = 200;
const NAMED = 60;
const DRAWN_MS = 250; // numbers change at most four times a second

export function Page() {
  const { topics, queues } = world.value;
  const { query } = route.value;
  const named = (list) => (list ?? "").split(",").filter(Boolean);
  const chosen = { topics: named(query.topics), queues: named(query.queues) };
  const toggle = (kind, name) => choose({ [kind]: (chosen[kind].includes(name) ? chosen[kind].filter((one) => one !== name) : [...chosen[kind], name]).join(",") });
  const names = (kind, list) => list.slice(0, NAMED).map(({ name }) => html`<button key=${kind + name} class="btn mini" aria-pressed=${chosen[kind].includes(name)} onClick=${() => toggle(kind, name)}>${chosen[kind].includes(name) ? "✓ " : ""}${name}</button>`);
  const [isPaused, setPaused] = useState(false);
  const feed = useFeed(chosen, isPaused);
  const [open, setOpen] = useState();
  const rows = feed.rows.filter(({ record, isEvent, said }) => (isEvent ? !query.find || `${record.type} ${record.id} ${said}`.includes(query.find) : matches(record, query.find))).slice(0, SHOWN);
  const isEmpty = chosen.topics.length + chosen.queues.length === 0;
  return html`<${Head} title="Live tail" under=${html`<span>${count(feed.seen)} seen</span><span data-testid="not-shown">${count(feed.seen - rows.length)} not shown</span>`}>
      <input class="search" type="search" aria-label="Text, or key=…" placeholder="Find text, or key=…" value=${query.find ?? ""} onInput=${(event) => choose({ find: event.target.value })} />
      ${!isEmpty && html`<${Command} commands=${() => cmd.tail([...chosen.topics, ...chosen.queues][0])} />`}
      <button class="btn" aria-pressed=${isPaused} onClick=${() => setPaused(!isPaused)}>${isPaused ? `Go on (${count(feed.waiting)} waiting)` : "Pause"}</button></${Head}>
    <div class="row" role="group" aria-label="Topics to follow"><${Kind} kind="log">topics</${Kind}>${names("topics", topics)}</div>
    <div class="row" role="group" aria-label="Queues to follow"><${Kind} kind="queue">queues</${Kind}>${names("queues", queues)}</div>
    ${feed.error && html`<p class="said-bad" role="alert">${feed.error}</p>`}
    ${isEmpty ? html`<${Empty} title="Choose what to follow" command="twofold tail orders">Appends to the chosen topics, deliveries and acks of the chosen queues appear here within milliseconds, the newest on top. The same in a terminal:</${Empty}>`
      : rows.length === 0 ? html`<${Empty} title="Nothing has happened yet" /> ` : html`<div class="table feed" data-testid="feed"><table aria-label="What happened, the newest first"><tbody>${rows.map(({ record, n, isEvent, said }) => html`<tr key=${n} class=${open?.n === n && "open"} data-event=${isEvent && record.type}>
        <td class="nowrap soft">${clock(record.timestamp)}</td><td><${Kind} kind=${isEvent ? "queue" : "log"}>${record.topic}</${Kind}></td><td class="nowrap">${isEvent ? record.id : html`<button class="rowlink" onClick=${() => setOpen(open?.n === n ? undefined : { n, record })}>${record.id}</button>`}</td>
        <td class="nowrap"><bdi>${isEvent ? record.type.replaceAll("_", " ") : keyText(record.key)}</bdi></td><td class="cut">${said ?? preview(record)}</td></tr>`)}</tbody></table></div>`}
    ${open && html`<section class="card"><${Value} record=${open.record} /></section>`}`;
}

/** What an event of a queue tells beside its name. Pure. */
export function told({ consumer, receives, visible_at: due, reason, to, key, messages, ts }) {
  return [consumer !== undefined && `to ${consumer || "somebody"}`, receives > 1 && `×${receives}`, due && `for ${span(new Date(due) - new Date(ts))}`, reason, to && `→ ${to}`, key && `key ${typeof key === "string" ? key : "of bytes"}`,
    messages !== undefined && `${count(messages)} messages`].filter(Boolean).join(" ");
}

/** Rows of the chosen topics and queues, the newest first; drawn a few times a second however many come. */
function useFeed(chosen, isPaused) {
  const [shown, setShown] = useState({ rows: [], seen: 0, waiting: 0 });
  const kept = useRef({ rows: [], seen: 0, changed: false });
  const paused = useRef(isPaused);
  paused.current = isPaused;
  const [error, setError] = useState();
  useEffect(() => {
    const { topics, queues } = chosen;
    if (topics.length + queues.length === 0) return undefined;
    let client;
    let isOver = false;
    const add = (row) => {
      const { current } = kept;
      current.seen += 1;
      current.rows.unshift({ ...row, n: current.seen });
      if (current.rows.length > KEPT) current.rows.length = KEPT;
      current.changed = true;
    };
    const hear = (queue) => (frame) => {
      const { current } = kept;
      if (frame.type === "counters") {
        current.seen += Object.values(frame.events).reduce((sum, n) => sum + n, 0);
        current.changed = true;
      } else if (frame.type !== "snapshot") {
        add({ isEvent: true, record: { ...frame, topic: queue, id: frame.offset === undefined ? "" : `${frame.partition}-${frame.offset}`, timestamp: frame.ts }, said: told(frame) });
      }
    };
    const ends = queues.map((queue) => inspect({ queue, groups: [] }, { on: hear(queue), status: (_, problem) => problem && setError(problem.message) }));
    const follow = async (topic) => {
      const records = await client.subscribe({ topic, from: "latest" });
      records.on("gap", () => {}); // what retention took is told by the topic's own page
      for await (const record of records) {
        add({ record });
      }
    };
    if (topics.length > 0) connect(location.origin, { client: "twofold-ui", token }).then((one) => {
      client = one;
      if (isOver) return client.close();
      return Promise.all(topics.map(follow));
    }).catch((problem) => !isOver && setError(mayNot(problem.message)));
    const timer = setInterval(() => {
      const { current } = kept;
      if (!current.changed) return;
      current.changed = false;
      setShown((old) => (paused.current ? { ...old, waiting: current.seen - old.seen } : { rows: [...current.rows], seen: current.seen, waiting: 0 }));
      if (paused.current) current.changed = true;
    }, DRAWN_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
      ends.forEach((end) => end());
      client?.close();
      setError(undefined);
    };
  }, [JSON.stringify(chosen)]);
  return { ...shown, error };
}
