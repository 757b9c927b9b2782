// A topic's records: from any offset or time, oldest or newest first, opened one by one.
import { Fragment, html, useState } from "../core/html.js";
import { get, path, usePoll } from "../core/api.js";
import { keyText, matches, preview } from "../core/body.js";
import { count } from "../core/format.js";
import { choose, route } from "../core/router.js";
import { Empty, Segments, Time } from "../parts/bits.js";
import { cmd, Command, Trouble } from "../parts/dialog.js";
import { Value } from "../parts/value.js";
import { CreateQueue } from "./lists.js";

const LIMIT = 50;
const LIVE_MS = 1_000;

/** The newest: as many as fit, shared out over the partitions, in the order in which they were stored. */
async function newest(name, partitions, stop) {
  const parts = partitions.filter(({ records }) => records > 0).slice(0, 32);
  const pages = await Promise.all(parts.map((part) => tailOf(name, part, Math.ceil(LIMIT / parts.length), stop)));
  return { records: pages.flat().sort((a, b) => b.seq - a.seq) };
}

// An offset that another partition does not have is refused for all of them: then they are asked for one by one.
async function tailOf(name, { partition, start, end }, most, stop) {
  const from = Math.max(start, end - most);
  const search = new URLSearchParams({ partition, from, limit: most });
  try {
    return (await get(`${path`topics/${name}/records`}?${search}`, { exact: true, signal: stop })).records;
  } catch (problem) {
    if (problem.code !== "invalid-request") throw problem;
    const offsets = Array.from({ length: end - from }, (_, i) => from + i);
    const found = await Promise.all(offsets.map((offset) => get(path`topics/${name}/records/${partition}/${offset}`, { exact: true, signal: stop }).catch(() => null)));
    return found.filter(Boolean); // a compacted topic has holes
  }
}

function oldest(name, query, cursor, stop) {
  const search = new URLSearchParams(cursor ? { cursor, limit: LIMIT } : { ...query, limit: LIMIT, on_trim: "skip" });
  return get(`${path`topics/${name}/records`}?${search}`, { exact: true, signal: stop });
}

export function Messages({ name, partitions }) {
  const { query } = route.value;
  const from = query.from ?? "newest";
  const [older, setOlder] = useState([]); // cursors of the pages before this one
  const cursor = older.at(-1);
  const place = { from, ...(query.partition && { partition: query.partition }), ...(query.where && { filter: query.where }) };
  const chosen = query.partition === undefined || query.partition === "" ? partitions : partitions.filter(({ partition }) => String(partition) === query.partition);
  const isNewest = from === "newest";
  const ends = isNewest ? partitions.map(({ end }) => end).join() : "";
  const page = usePoll((stop) => (isNewest ? newest(name, chosen, stop) : oldest(name, place, cursor, stop)), isNewest ? Infinity : LIVE_MS * 3, [name, from, query.partition, query.where, cursor, ends]);
  const set = (change) => (setOlder([]), choose(change));
  const rows = (page.data?.records ?? []).filter((record) => matches(record, query.find));
  return html`<div class="row wide inline">
      <${Segments} label="Where to begin" value=${["newest", "earliest"].includes(from) ? from : "at"} onChange=${(id) => set({ from: id === "at" ? "-15m" : id })}
        options=${[["newest", "Newest"], ["earliest", "Oldest"], ["at", "From …"]]} />
      ${!["newest", "earliest"].includes(from) && html`<input aria-label="Offset, time or how long ago" title="47, -15m, 2026-11-20T10:00:00Z" value=${from} onChange=${(event) => set({ from: event.target.value })} />`}
      ${partitions.length > 1 && html`<select aria-label="Partition" value=${query.partition ?? ""} onChange=${(event) => set({ partition: event.target.value })}>
        <option value="">every partition</option>${partitions.map(({ partition }) => html`<option key=${partition} value=${partition}>partition ${partition}</option>`)}</select>`}
      <input type="search" aria-label="Text, or key=…" placeholder="Find text, or key=…" value=${query.find ?? ""} onInput=${(event) => choose({ find: event.target.value })} />
      ${!isNewest && html`<input type="search" aria-label="Filter by the broker" placeholder="value.amount > 100" value=${query.where ?? ""} onChange=${(event) => set({ where: event.target.value })} />`}
      <span class="push"></span><${Command} commands=${() => cmd.browse(name, isNewest ? { from: "latest" } : place)} />
    </div>
    ${page.error ? html`<${Trouble} error=${page.error} />` : page.data && html`<${Records} name=${name} rows=${rows} />`}
    ${!isNewest && page.data && html`<div class="row"><span class="quiet small">${count(rows.length)} of ${count(page.data.records.length)} shown</span>
      <button class="btn mini push" disabled=${older.length === 0} onClick=${() => setOlder(older.slice(0, -1))}>← Older</button>
      <button class="btn mini" disabled=${page.data.caught_up} onClick=${() => setOlder([...older, page.data.cursor])}>Newer →</button></div>`}`;
}

function Records({ name, rows }) {
  const { open } = route.value.query;
  const [attach, setAttach] = useState();
  if (rows.length === 0) return html`<${Empty} title="No records here" />`;
  return html`<div class="table" data-testid="records-table" tabindex="0" role="region" aria-label="Records"><table aria-label="Records">
    <thead><tr><th scope="col">Id</th><th scope="col">Stored</th><th scope="col">Key</th><th scope="col">Value</th></tr></thead>
    <tbody>${rows.map((record) => html`<${Fragment} key=${record.id}>
      <tr class=${open === record.id && "open"} data-offset=${record.id}><td class="nowrap mono"><button class="rowlink" aria-expanded=${open === record.id} onClick=${() => choose({ open: open === record.id ? "" : record.id })}>${record.id}</button></td>
        <td class="soft"><${Time} at=${record.timestamp} /></td><td class="mono nowrap"><bdi>${keyText(record.key)}</bdi></td><td class="cut mono">${preview(record)}</td></tr>
      ${open === record.id && html`<tr class="detail"><td colspan="4"><${Value} record=${record}>
        <div class="row"><button class="btn mini does" onClick=${() => setAttach(record)}>Attach a queue here</button>
          <${Command} label="Command" commands=${() => cmd.read(`topics/${encodeURIComponent(name)}/records/${record.partition}/${record.offset}`)} /></div></${Value}></td></tr>`}
    </${Fragment}>`)}</tbody></table></div>
    ${attach && html`<${CreateQueue} source=${{ topic: name, from: attach.timestamp }} onClose=${() => setAttach()} />`}`;
}
