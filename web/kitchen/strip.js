// One log underneath: each cell is one record; above what the queue makes of it, below who has read it.
import { html } from "../core/html.js";
import { count } from "../core/format.js";
import { Shape, WORDS } from "../parts/state.js";
import { useFit } from "./fit.js";
import { pick } from "./rail.js";
import { idOf, pages } from "./select.js";

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
    ${rows.map(({ part, kind, title }) => html`<${Row} key=${`${kind}${part.partition}`} part=${part} kind=${kind} title=${title} fit=${fit - 1} session=${session} />`)}</section>`;
}

const Key = () => html`<span class="key" aria-hidden="true">${["ready", "in_flight", "acked", "dead"].map((state) => html`<span key=${state} class=${`state s-${state}`}><${Shape} state=${state} />${WORDS[state].toLowerCase()}</span>`)}</span>`;

function Row({ part, kind, title, fit, session }) {
  const { shown, before } = pages(part, fit);
  return html`<div class="strip-row" data-partition=${part.partition}><span class="strip-title">${title}${session.state.log.size > 1 && kind !== "own" ? ` / ${part.partition}` : ""}${part.start > 0 ? html` <span class="torn-edge">trimmed before ${part.start}</span>` : ""}${before > 0 ? html` <span class="quiet">… ${count(before)} before</span>` : ""}</span>
    <ol class="cells" style=${{ gridTemplateColumns: `repeat(${fit}, minmax(0, 1fr))` }}>${shown.map((cell) => html`<${Cell} key=${cell.offset} cell=${cell} kind=${kind} session=${session} />`)}
      ${shown.length < fit && html`<li class="cell-end" aria-hidden="true"></li>`}</ol></div>`;
}

function Cell({ cell, kind, session }) {
  const id = idOf(cell);
  const who = kind === "own" ? [] : session.readers.filter((reader) => session.state.groups.get(reader.group)?.offsets.get(cell.partition) > cell.offset && !reader.shown.value.isShared).map(({ letter }) => letter);
  const isPicked = session.picked.value?.id === id;
  const state = kind === "topic" ? "none" : cell.state;
  const words = [`record ${id}`, kind !== "topic" && (WORDS[state] ?? state.replace("_", " ")), who.length > 0 && `read by ${who.join(", ")}`].filter(Boolean).join(", ");
  return html`<li><button class=${`cell s-${SHAPED[state] ?? state}${isPicked ? " picked" : ""}${cell.isTrimmed ? " trimmed" : ""}`} data-offset=${id} data-state=${state} aria-label=${words} title=${words} tabindex="-1" onFocus=${() => pick(session, cell)} onMouseEnter=${() => pick(session, cell)}>
    ${kind !== "topic" && html`<span class="cell-queue">${(SHAPED[state] ?? WORDS[state]) && html`<${Shape} state=${SHAPED[state] ?? state} />`}</span>`}<span class="cell-no">${cell.offset}</span>
    ${kind !== "own" && html`<span class="cell-readers">${who.map((letter) => html`<i key=${letter} class=${`r-${letter}`}>${letter}</i>`)}</span>`}</button></li>`;
}
