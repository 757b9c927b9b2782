// What is drawn: the rail, the book, and the log underneath both.
import { count, milliseconds, span } from "../core/format.js";
import { html, useState } from "../core/html.js";
import { world } from "../core/api.js";
import { useClock } from "../parts/bits.js";
import { Shape, WORDS } from "../parts/state.js";
import { sayError } from "../parts/toast.js";
import { useFit } from "./fit.js";
import { readOrder } from "./staff.js";
import { ends, heldBy, idOf, kept, leaving, numbers, oldest, pages, rail, reading, tally } from "./select.js";
import { burntOf } from "./setup.js";

// --- The queue half: slips on a rail, cooks who take them, and where they end

const RING = 2 * Math.PI * 11;

export function Rail({ session }) {
  session.drawn.value; // read, so that this is drawn again when it changes
  const { state } = session;
  const [element, fit] = useFit(74, 3);
  const { slips, more } = rail(state, fit - 1);
  const torn = leaving(state, Date.now() - session.skew);
  const counts = numbers(state);
  const life = tally(state);
  return html`<section class="half half-queue" aria-labelledby="queue-title" data-region="queue">
    <header class="half-head"><h2 id="queue-title">Queue</h2><span class="half-what">the slip rail</span><span class="half-name mono">${session.watched}</span></header>
    <ol class="rail" ref=${element} aria-label="Slips on the rail, the oldest first" data-testid="rail" data-region="rail">
      ${slips.length === 0 && torn.length === 0 && html`<li class="rail-empty">No slip is waiting.</li>`}
      ${torn.slice(-2).map((cell) => html`<${Slip} key=${`t${idOf(cell)}`} cell=${cell} session=${session} isTorn />`)}
      ${slips.map((cell) => html`<${Slip} key=${idOf(cell)} cell=${cell} session=${session} />`)}
      ${more > 0 && html`<li class="rail-more">+${count(more)}</li>`}
    </ol>
    <div class="stations" data-region="cooks">${session.cooks.map((cook) => html`<${Station} key=${cook.letter} cook=${cook} session=${session} />`)}</div>
    <dl class="counters" data-testid="queue-counters">
      <${Counter} title="ready" value=${count(counts.ready)} id="ready" /><${Counter} title="in flight" value=${count(counts.in_flight)} id="in_flight" />
      ${counts.delayed > 0 && html`<${Counter} title="delayed" value=${count(counts.delayed)} id="delayed" />`}
      ${counts.blocked > 0 && html`<${Counter} title="blocked" value=${count(counts.blocked)} id="blocked" />`}
      <${Counter} title="torn" value=${count(life.torn)} id="acked" /><${Counter} title="returned" value=${count(life.returned)} id="returned" />
      <${Oldest} session=${session} /><${Burnt} session=${session} life=${life} />
    </dl></section>`;
}

export const Counter = ({ title, value, id, children }) => html`<div class="counter"><dt>${title}</dt><dd data-testid=${id && `n-${id}`}>${value}${children}</dd></div>`;

function Oldest({ session }) {
  const now = useClock(500);
  session.drawn.value;
  const since = oldest(session.state);
  return html`<${Counter} title="oldest waits" value=${since ? span(Math.max(0, now - session.skew - since)) : "–"} />`;
}

function Burnt({ session, life }) {
  const box = world.value.queues.find(({ name }) => name === burntOf(session.place.value.queue));
  const there = (box?.messages.ready ?? 0) + (session.state.queue?.counts?.dead ?? 0);
  return html`<div class="counter burnt-box" data-region="burnt"><dt><span class="state s-dead"><${Shape} state="dead" /></span> burnt box</dt><dd data-testid="n-dead" title=${`${count(there)} in ${burntOf(session.place.value.queue)} now`}>${count(life.burnt)}</dd></div>`;
}

export function Slip({ cell, session, isTorn, ring }) {
  const { dish, table, burnt } = readOrder(cell);
  const id = idOf(cell);
  const state = isTorn ? "acked" : cell.state;
  const isPicked = session.picked.value?.id === id;
  const words = `Order ${id}, ${dish}, table ${table}, ${(WORDS[state] ?? state).toLowerCase()}${cell.receives > 1 ? `, received ${cell.receives} times` : ""}`;
  return html`<li class=${`slip s-${state}${isTorn ? " torn" : ""}${isPicked ? " picked" : ""}`} data-offset=${id} data-state=${state} tabindex="0" aria-label=${words}
      onFocus=${() => pick(session, cell)} onMouseEnter=${() => pick(session, cell)}>
    <span class="slip-no">${session.state.log.size > 1 && !session.state.own ? id : cell.offset}</span>
    <span class="slip-state"><${Shape} state=${state} /></span>
    <span class="slip-dish">${dish}</span><span class="slip-table">${burnt ? "burns" : table !== "" && table !== undefined ? `t${String(table).replace(/^table-/, "")}` : ""}</span>
    ${cell.receives > (state === "in_flight" ? 1 : 0) && html`<span class="slip-times" title="times received">×${cell.receives}</span>`}${ring}</li>`;
}

export const pick = (session, cell) => (session.picked.value = { id: idOf(cell), partition: cell.partition, offset: cell.offset });

const STANDS = { off: "not here", idle: "idle", working: "cooking", paused: "on a break", crashed: "crashed" };

function Station({ cook, session }) {
  session.drawn.value;
  const { state: mood, workMs, done } = cook.shown.value;
  const held = heldBy(session.state, cook.name)[0];
  const start = () => cook.start();
  const buttons = {
    off: html`<button class="btn mini" onClick=${start}>Start</button>`,
    crashed: html`<button class="btn mini" onClick=${start}>Restart</button>`,
    paused: html`<button class="btn mini" onClick=${start}>Go on</button>`,
  }[mood] ?? html`<button class="btn mini" onClick=${() => cook.stop("paused")}>Pause</button><button class="btn mini danger" onClick=${() => cook.crash()}>Crash</button>`;
  return html`<article class=${`station m-${mood}`} data-testid=${`cook-${cook.letter}`} data-state=${mood} aria-label=${`Cook ${cook.letter}`}>
    <header><strong>Cook ${cook.letter}</strong><span class="mood">${mood === "crashed" ? "✕ " : ""}${STANDS[mood]}</span></header>
    <ul class="hand">${held ? html`<${Slip} key=${idOf(held)} cell=${held} session=${session} ring=${html`<${Ring} session=${session} due=${held.due} />`} />`
      : html`<li class="hand-empty">${mood === "off" ? "" : mood === "crashed" ? "nobody" : "waits for a slip"}</li>`}</ul>
    <div class="row tight">${buttons}</div>
    ${mood !== "off" && html`<label class="slow"><span>work ${(workMs / 1_000).toFixed(1)} s</span><input type="range" min="200" max="8000" step="100" value=${workMs} aria-label=${`Work time of cook ${cook.letter}`} onInput=${(event) => cook.set({ workMs: Number(event.target.value) })} /></label>`}
    ${done > 0 && html`<span class="tiny quiet">${count(done)} done</span>`}</article>`;
}

/** How long its holder still has it. */
function Ring({ session, due }) {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const now = useClock(isCalm ? 1_000 : 100) - session.skew;
  const whole = milliseconds(session.state.queue?.visibility_timeout) || 30_000;
  const left = Math.max(0, (due ?? now) - now);
  return html`<span class="ring" title="until it is ready again"><svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><circle class="ring-all" cx="13" cy="13" r="11" /><circle class="ring-left" cx="13" cy="13" r="11"
    stroke-dasharray=${RING} stroke-dashoffset=${RING * (1 - Math.min(1, left / whole))} /></svg><b>${left < 10_000 ? (left / 1_000).toFixed(1) : Math.round(left / 1_000)}</b></span>`;
}

// --- The log half: pages that stay, and readers with their ribbons

const PAGE_PX = 50;

export function Book({ session }) {
  session.drawn.value;
  const { state } = session;
  const [element, fit] = useFit(PAGE_PX);
  const parts = [...state.log.values()];
  const active = session.readers.filter((reader) => reader.shown.value.state !== "off" || state.groups.get(reader.group)?.offsets.size > 0);
  const groups = [...new Map(active.map((reader) => [reader.group, reader])).values()];
  return html`<section class="half half-log" aria-labelledby="log-title" data-region="log">
    <header class="half-head"><h2 id="log-title">Log</h2><span class="half-what">the order book</span><span class="half-name mono">${session.place.value.topic}</span></header>
    <div class="book" ref=${element} data-testid="book" data-region="book">${parts.map((part) => html`<${Pages} key=${part.partition} version=${session.drawn.value} part=${part} fit=${fit} session=${session} groups=${groups} many=${parts.length > 1} />`)}</div>
    <div class="stations" data-region="readers">${session.readers.map((reader) => html`<${Desk} key=${reader.letter} reader=${reader} session=${session} />`)}</div>
    <dl class="counters" data-testid="log-counters"><${Counter} title=${parts.length > 1 ? "ends" : "end offset"} value=${ends(state.log).join(" ") || "–"} id="end" />
      <${Counter} title="pages kept" value=${count(kept(state.log))} id="kept" /><${Counter} title="torn by retention" value=${count(parts.reduce((n, { start }) => n + start, 0))} id="start" />
      ${groups.map((reader) => html`<${Counter} key=${reader.group} title=${`lag ${reader.shown.value.isShared ? "together" : reader.letter}`} value=${count(reading(state, reader.group).lag)} id=${`lag-${reader.letter}`} />`)}</dl></section>`;
}

function Pages({ part, fit, session, groups, many }) {
  const { shown, before, torn } = pages(part, fit);
  const first = shown[0]?.offset ?? part.start;
  return html`<div class="pages" style=${{ gridTemplateColumns: `repeat(${fit}, minmax(0, 1fr))` }}>
    <p class="pages-before">${many && html`<strong>partition ${part.partition} </strong>`}${torn > 0 && html`<span class="torn-edge">${count(torn)} torn by retention </span>`}${before > 0 ? `${count(before)} more before ${first}` : shown.length === 0 ? "No page is written yet." : ""}</p>
    ${shown.map((cell, i) => html`<${Leaf} key=${cell.offset} cell=${cell} session=${session} place=${i + 1} />`)}
    ${groups.map((reader, row) => html`<${Ribbon} key=${reader.group} version=${session.drawn.value} reader=${reader} session=${session} part=${part} first=${first} fit=${fit} row=${row + 3} />`)}</div>`;
}

function Leaf({ cell, session, place }) {
  const { dish, burnt } = readOrder(cell);
  const isPicked = session.picked.value?.id === idOf(cell) && !session.state.own;
  const isNew = session.state.at - (cell.at ?? 0) < 1_500;
  return html`<button class=${`leaf${isPicked ? " picked" : ""}${isNew ? " new" : ""}`} style=${{ gridColumn: place, gridRow: 2 }} data-offset=${idOf(cell)} data-state=${cell.isTrimmed ? "torn" : "kept"} onFocus=${() => pick(session, cell)} onMouseEnter=${() => pick(session, cell)}
    aria-label=${`Page ${idOf(cell)}, ${dish}`}><b>${cell.offset}</b><span>${burnt ? html`<${Shape} state="dead" />` : ""}${cell.state === "unknown" ? "" : dish}</span></button>`;
}

/** As long as what was read: it ends before the next page. */
function Ribbon({ reader, session, part, first, fit, row }) {
  const { places } = reading(session.state, reader.group);
  const { at, lag } = places.find(({ partition }) => partition === part.partition) ?? {};
  if (at === undefined) return null;
  const end = Math.max(1, Math.min(fit + 1, at - first + 1));
  const name = reader.shown.value.isShared ? "together" : reader.letter;
  return html`<div class=${`ribbon r-${reader.shown.value.isShared ? "all" : reader.letter}`} style=${{ gridRow: row, gridColumn: `1 / ${Math.max(2, end)}` }} data-testid=${`ribbon-${reader.letter}`} data-offset=${at}>
    ${end > 1 && html`<i></i>`}<span><b>${name}</b> @${at}${lag > 0 ? html` <em>lag ${count(lag)}</em>` : " ✓"}</span></div>`;
}

const READS = { off: "not here", reading: "reading", stuck: "stuck", paused: "on a break", crashed: "crashed" };

function Desk({ reader, session }) {
  session.drawn.value;
  const { state: mood, readMs, isShared, from, at } = reader.shown.value;
  const { lag, members } = reading(session.state, reader.group);
  const mine = members.find(({ client }) => client === `reader-${reader.letter.toLowerCase()}`);
  const act = (work) => () => Promise.resolve(work()).catch(sayError);
  const start = act(() => reader.start());
  const buttons = {
    off: html`<button class="btn mini" onClick=${start}>Add reader</button>`,
    crashed: html`<button class="btn mini" onClick=${start}>Restart</button>`,
    paused: html`<button class="btn mini" onClick=${() => reader.resume()}>Go on</button>`,
    stuck: html`<button class="btn mini" onClick=${() => reader.skip()}>Skip page</button><button class="btn mini danger" onClick=${() => reader.crash()}>Crash</button>`,
    reading: html`<button class="btn mini" onClick=${() => reader.pause()}>Pause</button><button class="btn mini danger" onClick=${() => reader.crash()}>Crash</button>`,
  }[mood];
  const isThere = mood === "reading" || mood === "paused" || mood === "stuck";
  return html`<article class=${`station m-${mood} r-${reader.letter}`} data-testid=${`reader-${reader.letter}`} data-state=${mood} aria-label=${`Reader ${reader.letter}`}>
    <header><strong>Reader ${reader.letter}</strong><span class="mood">${mood === "crashed" || mood === "stuck" ? "✕ " : ""}${READS[mood]}</span></header>
    <p class="hand-empty">${mood === "off" ? "" : at ? `on page ${at.id.replace(/^0-/, "")}: ${readOrder({ preview: JSON.stringify(at.value ?? "") }).dish}` : mood === "reading" ? (lag > 0 ? `${count(lag)} to read` : "has read everything") : ""}
      ${mine && session.state.log.size > 1 ? html`<br />partitions ${mine.partitions.join(", ") || "none"}` : ""}</p>
    <div class="row tight">${buttons}${isThere && html`<${Rewind} reader=${reader} />`}</div>
    ${mood === "off" ? html`<div class="row tight"><${Begin} reader=${reader} from=${from} />
        <label class="check tiny"><input type="checkbox" checked=${isShared} onChange=${(event) => reader.set({ isShared: event.target.checked })} />share</label></div>`
      : html`<label class="slow"><span>read ${(readMs / 1_000).toFixed(1)} s</span><input type="range" min="100" max="5000" step="100" value=${readMs} aria-label=${`Reading time of reader ${reader.letter}`} onInput=${(event) => reader.set({ readMs: Number(event.target.value) })} /></label>`}</article>`;
}

/** Before the first page or the newest, or where somebody says: a page's number, a time. */
function Begin({ reader, from }) {
  const isNamed = from === "earliest" || from === "latest";
  return html`<select class="mini" aria-label=${`Where reader ${reader.letter} begins`} value=${isNamed ? from : "at"} onChange=${(event) => reader.set({ from: event.target.value === "at" ? "1" : event.target.value })}>
      <option value="earliest">from page 0</option><option value="latest">from now</option><option value="at">from …</option></select>
    ${!isNamed && html`<input class="mini to" aria-label=${`Page or time where reader ${reader.letter} begins`} title="a page's number, -5m, a time" value=${from} onInput=${(event) => reader.set({ from: event.target.value.trim() })} />`}`;
}

function Rewind({ reader }) {
  const [to, setTo] = useState("");
  return html`<button class="btn mini" onClick=${() => reader.seek(to || "earliest").catch(sayError)}>Rewind</button>
    <input class="mini to" aria-label=${`Where to rewind reader ${reader.letter}`} placeholder="to 0" title="a page's number, -5m, a time; empty: the first page" value=${to} onInput=${(event) => setTo(event.target.value.trim())} />`;
}

// --- One log underneath: each cell is one record; above what the queue makes of it, below w

const CELL_PX = 27;
const SHAPED = { gone: "dead", passed_over: "acked" }; // moved away as dead; not for this queue

export function Strip({ session }) {
  session.drawn.value;
  const { state } = session;
  const [element, fit] = useFit(CELL_PX, 10);
  const rows = state.own ? [...[...state.own.values()].map((part) => ({ part, kind: "own", title: `${session.watched}: a log of its own` })), ...[...state.log.values()].map((part) => ({ part, kind: "topic", title: session.place.value.topic }))]
    : [...state.log.values()].map((part) => ({ part, kind: "both", title: session.place.value.topic }));
  return html`<section class="strip" aria-labelledby="strip-title" data-region="strip" ref=${element} data-testid="strip">
    <header class="half-head"><h2 id="strip-title">${state.own ? "Two logs underneath" : "One log underneath"}</h2><span class="half-what">${state.own ? "the queue's own forgets what is acked" : "above: the queue's state, below: who has read it"}</span><${Key} /></header>
    ${rows.map(({ part, kind, title }) => html`<${Row} key=${`${kind}${part.partition}`} version=${session.drawn.value} part=${part} kind=${kind} title=${title} fit=${fit - 1} session=${session} />`)}</section>`;
}

const Key = () => html`<span class="key" aria-hidden="true">${["ready", "in_flight", "acked", "dead"].map((state) => html`<span key=${state} class=${`state s-${state}`}><${Shape} state=${state} />${WORDS[state].toLowerCase()}</span>`)}</span>`;

function Row({ part, kind, title, fit, session }) {
  const { shown, before } = pages(part, fit);
  return html`<div class="strip-row" data-partition=${part.partition}><span class="strip-title">${title}${session.state.log.size > 1 && kind !== "own" ? ` / ${part.partition}` : ""}${part.start > 0 ? html` <span class="torn-edge">trimmed before ${part.start}</span>` : ""}${before > 0 ? html` <span class="quiet">… ${count(before)} before</span>` : ""}</span>
    <ol class="cells" style=${{ gridTemplateColumns: `repeat(${fit}, minmax(0, 1fr))` }}>${shown.map((cell) => html`<${Cell} key=${cell.offset} cell=${cell} kind=${kind} session=${session} who=${kind === "own" ? "" : readersOf(session, cell)} />`)}
      ${shown.length < fit && html`<li class="cell-end" aria-hidden="true"></li>`}</ol></div>`;
}

/** The letters of those who have read it. */
const readersOf = (session, { partition, offset }) =>
  session.readers.filter((reader) => session.state.groups.get(reader.group)?.offsets.get(partition) > offset && !reader.shown.value.isShared).map(({ letter }) => letter).join("");

function Cell({ cell, kind, session, who }) {
  const id = idOf(cell);
  const isPicked = session.picked.value?.id === id;
  const state = kind === "topic" ? "none" : cell.state;
  const words = [`record ${id}`, kind !== "topic" && (WORDS[state] ?? state.replace("_", " ")), who && `read by ${[...who].join(", ")}`].filter(Boolean).join(", ");
  return html`<li><button class=${`cell s-${SHAPED[state] ?? state}${isPicked ? " picked" : ""}${cell.isTrimmed ? " trimmed" : ""}`} data-offset=${id} data-state=${state} aria-label=${words} title=${words} tabindex="-1" onFocus=${() => pick(session, cell)} onMouseEnter=${() => pick(session, cell)}>
    ${kind !== "topic" && html`<span class="cell-queue">${(SHAPED[state] ?? WORDS[state]) && html`<${Shape} state=${SHAPED[state] ?? state} />`}</span>`}<span class="cell-no">${cell.offset}</span>
    ${kind !== "own" && html`<span class="cell-readers">${[...who].map((letter) => html`<i key=${letter} class=${`r-${letter}`}>${letter}</i>`)}</span>`}</button></li>`;
}
