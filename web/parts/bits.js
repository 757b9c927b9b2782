// Small parts of every page.
import { html } from "../core/html.js";
import { bytes, clock, count, span, utc } from "../core/format.js";
import { choose, href, route } from "../core/router.js";
import { Copy } from "./command.js";

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
