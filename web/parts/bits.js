// Small parts of every page.
import { connection, isOpen, LIST_MAX, world } from "../core/api.js";
import { bytes, clock, count, span, utc } from "../core/format.js";
import { html, useEffect, useState } from "../core/html.js";
import { choose, href, route } from "../core/router.js";
import { Copy } from "./dialog.js";

// --- Small parts of every page

/** Local time; UTC on hover. */
export const Time = ({ at }) => html`<time datetime=${at} title=${utc(at)} class="nowrap">${clock(at)}</time>`;

/** How long ago, with the time itself on hover. */
export const Ago = ({ at, now = Date.now() }) => html`<time datetime=${at} title=${`${clock(at)} · ${utc(at)}`} class="nowrap">${span(Math.max(0, now - new Date(at)))}</time>`;

export function Head({ crumb, title, kind, under, children }) {
  return html`<header class="head"><div>
      ${crumb && html`<p class="crumb"><a href=${href([crumb])}>${crumb[0][0].toUpperCase() + crumb[0].slice(1)}</a> /</p>`}
      <div class="row"><h1>${title}</h1>${kind}</div>
      ${under && html`<div class="under">${under}</div>`}
    </div><div class="acts">${children}</div></header>`;
}

/** Says of which of these kinds (topics, queues, groups) there are others than were looked at; nothing if of none. */
export function cutOf(...kinds) {
  const cut = kinds.filter((kind) => world.value.more[kind]);
  return cut.length > 0 && html`<span class="warn" data-testid="cut">There are more than ${count(LIST_MAX)} ${cut.join(" and ")}: only the first are shown and counted.</span>`;
}

export const Figure = ({ title, value, unit, note, state, testid }) => html`<div class="figure">
  <dt>${title}</dt><dd data-testid=${testid} class=${state}>${value}${unit && html`<small>${unit}</small>`}</dd>${note && html`<dd class="note">${note}</dd>`}</div>`;

export function Tabs({ label, tabs, at }) {
  return html`<nav class="tabs" aria-label=${label}>${tabs.map(({ id, title, n }) => html`<a key=${id} href=${tabHref(id, tabs)}
    aria-current=${at === id ? "page" : undefined}>${title}${n !== undefined && html`<span class="n">${count(n)}</span>`}</a>`)}</nav>`;
}

const tabHref = (id, tabs) => href(route.value.path, { tab: id === tabs[0].id ? "" : id });

/** Filters the rows of a page by what somebody types. */
export function Filter({ label, name = "filter", placeholder = "Filter" }) {
  return html`<input class="search" type="search" aria-label=${label} placeholder=${placeholder} value=${route.value.query[name] ?? ""}
    onInput=${(event) => choose({ [name]: event.target.value })} />`;
}

/** Nothing there yet, and how to change that. */
export function Empty({ title, children, command }) {
  return html`<div class="card empty"><strong>${title}</strong>${children && html`<p>${children}</p>`}
    ${command && html`<div class="row"><code class="code">${command}</code><${Copy} text=${command} /></div>`}</div>`;
}

export const Field = ({ label, hint, children }) => html`<label class="field"><span>${label}</span>${children}${hint && html`<small>${hint}</small>`}</label>`;

export const Segments = ({ label, options, value, onChange }) => html`<span class="seg" role="group" aria-label=${label}>
  ${options.map(([id, title]) => html`<button key=${id} type="button" aria-pressed=${value === id} onClick=${() => onChange(id)}>${title}</button>`)}</span>`;

export const size = bytes;

/** A setting and its value, as they are in the API. */
export function Settings({ of, leave = [] }) {
  const rows = Object.entries(of).filter(([name]) => !leave.includes(name));
  return html`<div class="table"><table aria-label="Configuration"><tbody>${rows.map(([name, value]) => html`<tr key=${name}>
    <th scope="row" class="mono">${name}</th><td class="mono">${typeof value === "object" && value !== null ? JSON.stringify(value) : String(value)}</td></tr>`)}</tbody></table></div>`;
}

// --- A table that sorts by its columns; what is sorted by is part of the address

const ROWS_MAX = 200;

/**
 * columns: {id, title, num, value(row), cell(row)}; `value` makes it sortable. rows: with `key(row)`.
 * `sort` is the column at first, with "-" for the greatest first.
 */
export function Table({ label, columns, rows, rowKey, sort, empty, query = "sort", testid }) {
  const [shown, setShown] = useState(ROWS_MAX);
  const by = route.value.query[query] ?? sort;
  const column = columns.find(({ id }) => id === by?.replace(/^-/, ""));
  const sorted = column?.value ? [...rows].sort(compare(column.value, by.startsWith("-") ? -1 : 1)) : rows;
  if (rows.length === 0 && empty) return empty;
  return html`<div class="table" data-testid=${testid} tabindex="0" role="region" aria-label=${label}><table aria-label=${label}>
    <thead><tr>${columns.map((one) => html`<${Column} key=${one.id} column=${one} by=${by} query=${query} />`)}</tr></thead>
    <tbody>${sorted.slice(0, shown).map((row) => html`<tr key=${rowKey(row)} data-name=${rowKey(row)}>
      ${columns.map(({ id, num, cell }) => html`<td key=${id} class=${num && "num"}>${cell(row)}</td>`)}</tr>`)}</tbody>
  </table></div>
  ${sorted.length > shown && html`<button class="btn" onClick=${() => setShown(shown + 1_000)}>Show more: ${count(sorted.length - shown)} not shown</button>`}`;
}

function Column({ column: { id, title, num, value }, by, query }) {
  const direction = by === id ? "ascending" : by === `-${id}` ? "descending" : undefined;
  const next = direction === "descending" ? id : direction === "ascending" ? `-${id}` : num ? `-${id}` : id;
  return html`<th scope="col" class=${num && "num"} aria-sort=${direction}>
    ${value ? html`<button onClick=${() => choose({ [query]: next })}>${title}</button>` : title}</th>`;
}

function compare(value, direction) {
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return 0;
    if (x === undefined || x === null) return 1;
    if (y === undefined || y === null) return -1;
    return (x < y ? -1 : 1) * direction;
  };
}

// --- A broker that does not answer: what is on the page stays, and says how old it is

const GRACE_MS = 1_500;

/** Drawn again every so often, for what depends on the time alone. */
export function useClock(everyMs) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export function Lost() {
  const { heardAt, lostAt } = connection.value;
  const now = useClock(lostAt ? 500 : 60_000);
  if (!lostAt || (heardAt && now - heardAt < GRACE_MS)) return null;
  return html`<div class="lost-bar" role="alert" data-testid="lost"><strong class="warn">No connection.</strong>
    ${heardAt ? `What you see is ${span(now - heardAt)} old.` : "Nothing was heard of the broker yet."} Trying again …</div>`;
}

/** Whoever reaches the broker may do everything: said on every page, and by its log. */
export const Open = () => isOpen.value && html`<div class="open-bar" role="note" data-testid="open"><strong class="warn">Open to everybody.</strong>
  Nobody is asked for a key: whoever reaches this broker may read and delete all of it. <code>twofold key create</code> makes keys, <code>auth.keys_file</code> names them.</div>`;
