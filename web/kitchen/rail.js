// The queue half: slips on a rail, cooks who take them, and where they end.
import { html } from "../core/html.js";
import { count, milliseconds, span } from "../core/format.js";
import { useClock } from "../parts/lost.js";
import { Shape, WORDS } from "../parts/state.js";
import { world } from "../core/world.js";
import { readOrder } from "./menu.js";
import { heldBy, idOf, leaving, numbers, oldest, rail, tally } from "./select.js";
import { burntOf } from "./setup.js";
import { useFit } from "./fit.js";

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
