// Where one can go, and how the broker is.
import { html, useState } from "../core/html.js";
import { connection, readOnly, world } from "../core/api.js";
import { count } from "../core/format.js";
import { href } from "../core/router.js";
import { Forget } from "./key_form.js";
import { Kind } from "./state.js";

const line = (d) => html`<svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${d} /></svg>`;
const ICONS = {
  kitchen: line("M2 3h12M4.5 3v5h3V3M9.5 3v6.500h3V3M2 13.500h12"),
  overview: line("M2 9.500h3l2-6 2.500 9 1.500-3h3"),
  topics: line("M2 4h12M2 8h12M2 12h8"),
  queues: line("M2 5.500h3.500v5H2zM7.200 5.500h3.500v5H7.200zM12.500 6.500 14.500 8l-2 1.500"),
  groups: line("M5.500 7.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4M2 12.500c.3-2 1.700-3 3.500-3s3.200 1 3.500 3M11 7.500a1.700 1.700 0 1 0-.5-3.300M11.500 9.600c1.500.2 2.300 1.200 2.500 2.900"),
  tail: line("M2 4l3 4-3 4M7 12h7M7 8h5"),
  clients: line("M3 3h10v7H3zM1.500 12.500h13M6 5.500l2 1.500-2 1.500"),
  server: line("M3 3h10v4H3zM3 9h10v4H3zM5.200 5h.1M5.200 11h.1"),
};
const ITEMS = [["overview", "Overview"], ["topics", "Topics"], ["queues", "Queues"], ["groups", "Groups"], ["tail", "Live tail"], ["clients", "Clients"], ["server", "Server"]];

export function Nav({ page }) {
  const { at, refused } = world.value;
  const counts = Object.fromEntries(["topics", "queues", "groups"].filter((id) => at && !refused[id]).map((id) => [id, world.value[id].length]));
  const isAt = (id) => page === id || (page && `${page}s` === id);
  const item = (id, title) => html`<li key=${id}><a href=${href([id])} aria-current=${isAt(id) ? "page" : undefined}>
    ${ICONS[id]}${title}${counts[id] !== undefined && html`<span class="n">${count(counts[id])}</span>`}</a></li>`;
  return html`<nav class="nav" aria-label="Pages">
    <a class="brand" href=${href(["overview"])}><img src="mark.svg" alt="" />Twofold</a>
    ${readOnly.value && html`<${Kind} kind="warn">read-only</${Kind}>`}
    <ul>${ITEMS.map(([id, title]) => item(id, title))}</ul>
    ${!readOnly.value && html`<div><h2>See it work</h2><ul>${item("kitchen", "Kitchen")}</ul></div>`}
    <div class="nav-foot"><${Pulse} /><${Forget} /><${Themes} /></div>
  </nav>`;
}

function Pulse() {
  const { lostAt, heardAt } = connection.value;
  return html`<span class=${lostAt ? "pulse lost" : "pulse"} data-testid="pulse" data-state=${lostAt ? "lost" : "live"}><i></i>${lostAt ? "No connection" : heardAt ? "Connected" : "Connecting"}</span>`;
}

function Themes() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? "");
  const choose = (wanted) => {
    setTheme(wanted);
    if (wanted) document.documentElement.dataset.theme = wanted;
    else delete document.documentElement.dataset.theme;
    try {
      if (wanted) localStorage.setItem("twofold.theme", wanted);
      else localStorage.removeItem("twofold.theme");
    } catch {
      // it lasts as long as the page
    }
    dispatchEvent(new Event("theme"));
  };
  return html`<span class="themes" role="group" aria-label="Theme">${[["light", "Light"], ["dark", "Dark"], ["", "Auto"]].map(([id, title]) =>
    html`<button key=${id} aria-pressed=${theme === id} onClick=${() => choose(id)}>${title}</button>`)}</span>`;
}
