// The three bands as tables: for those who rather read.
import { html } from "../core/html.js";
import { clock, count } from "../core/format.js";
import { State } from "../parts/state.js";
import { readOrder } from "./menu.js";
import { delivered } from "./model.js";
import { idOf, readBy, reading } from "./select.js";

const ROWS_MAX = 60;

export function Tables({ session }) {
  session.drawn.value;
  const { state } = session;
  const cells = [...state.log.values()].flatMap((part) => [...part.cells.values()]).slice(-ROWS_MAX).reverse();
  const messages = state.queue ? [...delivered(state).values()].flatMap((part) => [...part.cells.values()]).filter((cell) => !["none", "acked", "passed_over", "gone"].includes(cell.state)).slice(0, ROWS_MAX) : [];
  return html`<div class="grid"><section class="card"><div class="title"><h2>Queue ${session.watched}</h2></div><div class="table"><table aria-label="Messages of the queue"><thead><tr><th scope="col">Order</th><th scope="col">State</th><th scope="col">Dish</th><th scope="col">Held by</th><th scope="col" class="num">Receives</th></tr></thead>
      <tbody>${messages.map((cell) => html`<tr key=${idOf(cell)} data-offset=${idOf(cell)} data-state=${cell.state}><td class="mono">${idOf(cell)}</td><td><${State} state=${cell.state} /></td><td>${readOrder(cell).dish}</td><td>${cell.holder}</td><td class="num">${cell.receives}</td></tr>`)}</tbody></table></div></section>
    <section class="card"><div class="title"><h2>Readers of ${session.place.value.topic}</h2></div><div class="table"><table aria-label="Readers"><thead><tr><th scope="col">Group</th><th scope="col">Partition</th><th scope="col" class="num">Next page</th><th scope="col" class="num">Lag</th></tr></thead>
      <tbody>${[...state.groups.keys()].flatMap((group) => reading(state, group).places.map((place) => html`<tr key=${`${group}/${place.partition}`}><td>${group}</td><td>${place.partition}</td><td class="num">${place.at === undefined ? "–" : count(place.at)}</td><td class="num">${count(place.lag)}</td></tr>`))}</tbody></table></div></section></div>
    <section class="card"><div class="title"><h2>Log ${session.place.value.topic}, the newest first</h2></div><div class="table"><table aria-label="Records of the log"><thead><tr><th scope="col">Record</th><th scope="col">Written</th><th scope="col">Key</th><th scope="col">Dish</th><th scope="col">In the queue</th><th scope="col">Read by</th></tr></thead>
      <tbody>${cells.map((cell) => html`<tr key=${idOf(cell)} data-offset=${idOf(cell)}><td class="mono">${idOf(cell)}</td><td>${clock(cell.at)}</td><td class="mono">${cell.key}</td><td>${readOrder(cell).dish}</td><td>${state.own ? "" : html`<${State} state=${cell.state} />`}</td><td>${readBy(state, cell).join(", ")}</td></tr>`)}</tbody></table></div></section>`;
}
