// What happens to chosen topics and queues, as it happens. Pausing keeps the rows; what is left out is counted.
import { html, useEffect, useRef, useState } from "../core/html.js";
import { keyText, matches, preview } from "../core/body.js";
import { connect } from "../core/client.js";
import { clock, count } from "../core/format.js";
import { choose, route } from "../core/router.js";
import { world } from "../core/api.js";
import { Empty, Head } from "../parts/bits.js";
import { cmd, Command } from "../parts/dialog.js";
import { Kind } from "../parts/state.js";
import { Value } from "../parts/value.js";

const KEPT = 1_000;
const SHOWN = 200;
const DRAWN_MS = 250; // numbers change at most four times a second

export function Page() {
  const { topics } = world.value;
  const { query } = route.value;
  const chosen = (query.topics ?? "").split(",").filter(Boolean);
  const toggle = (name) => choose({ topics: (chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]).join(",") });
  const [isPaused, setPaused] = useState(false);
  const feed = useFeed(chosen, isPaused);
  const [open, setOpen] = useState();
  const rows = feed.rows.filter(({ record }) => matches(record, query.find)).slice(0, SHOWN);
  return html`<${Head} title="Live tail" under=${html`<span>${count(feed.seen)} seen</span><span data-testid="not-shown">${count(feed.seen - rows.length)} not shown</span>`}>
      <input class="search" type="search" aria-label="Text, or key=…" placeholder="Find text, or key=…" value=${query.find ?? ""} onInput=${(event) => choose({ find: event.target.value })} />
      ${chosen.length > 0 && html`<${Command} commands=${() => cmd.tail(chosen[0])} />`}
      <button class="btn" aria-pressed=${isPaused} onClick=${() => setPaused(!isPaused)}>${isPaused ? `Go on (${count(feed.waiting)} waiting)` : "Pause"}</button></${Head}>
    <div class="row" role="group" aria-label="Topics to follow">${topics.slice(0, 60).map(({ name }) => html`<button key=${name} class="btn mini" aria-pressed=${chosen.includes(name)} onClick=${() => toggle(name)}>${chosen.includes(name) ? "✓ " : ""}${name}</button>`)}</div>
    ${feed.error && html`<p class="said-bad" role="alert">${feed.error}</p>`}
    ${chosen.length === 0 ? html`<${Empty} title="Choose what to follow" command="twofold tail orders">Appends of the chosen topics appear here within milliseconds, the newest on top. The same in a terminal:</${Empty}>`
      : rows.length === 0 ? html`<${Empty} title="Nothing has happened yet" /> ` : html`<div class="table feed" data-testid="feed"><table aria-label="What happened, the newest first"><tbody>${rows.map(({ record, n }) => html`<tr key=${n} class=${open?.n === n && "open"}>
        <td class="nowrap soft">${clock(record.timestamp)}</td><td><${Kind} kind="log">${record.topic}</${Kind}></td><td class="nowrap"><button class="rowlink" onClick=${() => setOpen(open?.n === n ? undefined : { n, record })}>${record.id}</button></td>
        <td class="nowrap"><bdi>${keyText(record.key)}</bdi></td><td class="cut">${preview(record)}</td></tr>`)}</tbody></table></div>`}
    ${open && html`<section class="card"><${Value} record=${open.record} /></section>`}`;
}

/** Rows of the chosen topics, the newest first; drawn a few times a second however many come. */
function useFeed(chosen, isPaused) {
  const [shown, setShown] = useState({ rows: [], seen: 0, waiting: 0 });
  const kept = useRef({ rows: [], seen: 0, changed: false });
  const paused = useRef(isPaused);
  paused.current = isPaused;
  const [error, setError] = useState();
  useEffect(() => {
    if (chosen.length === 0) return undefined;
    let client;
    let isOver = false;
    const follow = async (topic) => {
      const records = await client.subscribe({ topic, from: "latest" });
      records.on("gap", () => {}); // what retention took is told by the topic's own page
      for await (const record of records) {
        const { current } = kept;
        current.seen += 1;
        current.rows.unshift({ record, n: current.seen });
        if (current.rows.length > KEPT) current.rows.length = KEPT;
        current.changed = true;
      }
    };
    connect(location.origin, { client: "twofold-ui" }).then((one) => {
      client = one;
      if (isOver) return client.close();
      return Promise.all(chosen.map(follow));
    }).catch((problem) => !isOver && setError(problem.message));
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
      client?.close();
      setError(undefined);
    };
  }, [chosen.join()]);
  return { ...shown, error };
}
