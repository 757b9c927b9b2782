// The log half: pages that stay, and readers with their ribbons.
import { html } from "../core/html.js";
import { count } from "../core/format.js";
import { Shape } from "../parts/state.js";
import { sayError } from "../parts/toast.js";
import { useFit } from "./fit.js";
import { readOrder } from "./menu.js";
import { Counter, pick } from "./rail.js";
import { ends, idOf, kept, pages, reading } from "./select.js";

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
    <div class="book" ref=${element} data-testid="book" data-region="book">${parts.map((part) => html`<${Pages} key=${part.partition} part=${part} fit=${fit} session=${session} groups=${groups} many=${parts.length > 1} />`)}</div>
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
    ${groups.map((reader, row) => html`<${Ribbon} key=${reader.group} reader=${reader} session=${session} part=${part} first=${first} fit=${fit} row=${row + 3} />`)}</div>`;
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

const STANDS = { off: "not here", reading: "reading", stuck: "stuck", paused: "on a break", crashed: "crashed" };

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
    <header><strong>Reader ${reader.letter}</strong><span class="mood">${mood === "crashed" || mood === "stuck" ? "✕ " : ""}${STANDS[mood]}</span></header>
    <p class="hand-empty">${mood === "off" ? "" : at ? `on page ${at.id.replace(/^0-/, "")}: ${readOrder({ preview: JSON.stringify(at.value ?? "") }).dish}` : mood === "reading" ? (lag > 0 ? `${count(lag)} to read` : "has read everything") : ""}
      ${mine && session.state.log.size > 1 ? html`<br />partitions ${mine.partitions.join(", ") || "none"}` : ""}</p>
    <div class="row tight">${buttons}${isThere && html`<button class="btn mini" onClick=${act(() => reader.seek("earliest"))}>Rewind</button>`}</div>
    ${mood === "off" ? html`<div class="row tight"><select class="mini" aria-label=${`Where reader ${reader.letter} begins`} value=${from} onChange=${(event) => reader.set({ from: event.target.value })}><option value="earliest">from page 0</option><option value="latest">from now</option></select>
        <label class="check tiny"><input type="checkbox" checked=${isShared} onChange=${(event) => reader.set({ isShared: event.target.checked })} />share</label></div>`
      : html`<label class="slow"><span>read ${(readMs / 1_000).toFixed(1)} s</span><input type="range" min="100" max="5000" step="100" value=${readMs} aria-label=${`Reading time of reader ${reader.letter}`} onInput=${(event) => reader.set({ readMs: Number(event.target.value) })} /></label>`}</article>`;
}
