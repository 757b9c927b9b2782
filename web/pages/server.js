// The broker itself: what it is, whether it is well, what it allows, what it counts.
import { html } from "../core/html.js";
import { get, usePoll } from "../core/api.js";
import { bytes, count, rate, span } from "../core/format.js";
import { choose, route } from "../core/router.js";
import { Filter, Head, Segments, Settings, Tabs, Time } from "../parts/bits.js";
import { cmd, Command, Trouble } from "../parts/dialog.js";
import { Kind } from "../parts/state.js";
import { Raw } from "../parts/value.js";

/** Prometheus text -> [{name, labels, value}]. */
export function samples(text) {
  return text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => {
    const [, name, labels, value] = /^([\w:]+)(\{.*\})? (\S+)/.exec(line) ?? [];
    return { name, labels: labels ?? "", value: Number(value) };
  }).filter(({ name }) => name);
}

const value = (list, name) => list.filter((one) => one.name === name).reduce((sum, one) => (sum ?? 0) + one.value, undefined);

export function Page() {
  const poll = usePoll(async () => {
    const [server, health] = await Promise.all([get("/v1"), get("/readyz?verbose").catch((problem) => problem.body)]);
    return { server, health };
  }, 2_000);
  const counted = usePoll(async () => samples(await get("/metrics")), 2_000);
  if (!poll.data || !(counted.data || counted.error)) return null;
  const { server, health } = poll.data;
  const tab = route.value.query.tab ?? "health";
  const views = { health: () => html`<${Health} health=${health} counted=${counted} />`, limits: () => html`<${Settings} of=${server.limits} />`, metrics: () => (counted.error ? html`<${Trouble} error=${counted.error} />` : html`<${Metrics} metrics=${counted.data} />`), config: () => html`<${Config} />`, log: () => html`<${Log} />` };
  return html`<${Head} title="Server" under=${html`<span>version ${server.version}</span><span>commit <code>${server.commit}</code></span><span>started <${Time} at=${server.started} /></span>`}>
      <${Command} commands=${() => [["twofold", "twofold doctor"], ...cmd.read("").slice(0, 1), ["curl", `curl -sS${cmd.auth()} ${location.origin}/metrics`]]} />
      <${Raw} target="/metrics" name="metrics.txt">Metrics</${Raw}><a class="btn" href="/openapi.json">OpenAPI</a></${Head}>
    <${Tabs} label="About the server" at=${tab} tabs=${[{ id: "health", title: "Health" }, { id: "limits", title: "Limits" }, { id: "metrics", title: "Metrics" }, { id: "config", title: "Config" }, { id: "log", title: "Log" }]} />
    ${(views[tab] ?? views.health)()}`;
}

function Health({ health, counted }) {
  return html`<div class="grid"><section class="card"><div class="title"><h2>Checks</h2></div><div class="table"><table aria-label="Checks"><tbody>
      ${(health.checks ?? []).map(({ name, ok, detail }) => html`<tr key=${name}><td><strong>${name}</strong></td><td><${Kind} kind=${ok ? "good" : "bad"}>${ok ? "✓ ok" : "✕ not well"}</${Kind}></td><td class="soft">${detail}</td></tr>`)}</tbody></table></div></section>
    ${counted.error ? html`<${Trouble} error=${counted.error} />` : html`<${Process} metrics=${counted.data} />`}</div>
    ${!counted.error && html`<${Requests} metrics=${counted.data} />`}`;
}

function Process({ metrics }) {
  return html`<section class="card"><div class="title"><h2>This process</h2></div><div class="table"><table aria-label="This process"><tbody>
      ${[["Memory", bytes(value(metrics, "process_resident_memory_bytes"))], ["CPU time", span(1_000 * value(metrics, "process_cpu_seconds_total"))], ["Open files", `${count(value(metrics, "process_open_fds"))} of ${count(value(metrics, "process_max_fds"))}`],
        ["Connections", count(value(metrics, "twofold_connections"))], ["Streams", count(value(metrics, "twofold_ws_connections"))], ["Disk free", bytes(value(metrics, "twofold_disk_free_bytes"))],
        ["Journal written", bytes(value(metrics, "twofold_journal_bytes_total"))], ["Records stored", count(value(metrics, "twofold_records_total"))], ["Segments", count(value(metrics, "twofold_segments"))]]
        .map(([title, text]) => html`<tr key=${title}><td>${title}</td><td class="num">${text}</td></tr>`)}</tbody></table></div></section>`;
}

function Requests({ metrics }) {
  const slowest = byOperation(metrics).slice(0, 12);
  return html`<section class="card"><div class="title"><h2>Requests since the start</h2></div><div class="table"><table aria-label="Requests"><thead><tr><th scope="col">Operation</th><th scope="col">API</th><th scope="col" class="num">Requests</th><th scope="col" class="num">Refused</th><th scope="col" class="num">Mean</th></tr></thead>
      <tbody>${slowest.map((one) => html`<tr key=${one.key}><td class="mono">${one.op}</td><td>${one.api}</td><td class="num">${count(one.requests)}</td><td class="num">${one.refused > 0 ? html`<span class="bad">${count(one.refused)}</span>` : "0"}</td>
        <td class="num">${one.mean === undefined ? "–" : `${rate(one.mean * 1e6)} µs`}</td></tr>`)}</tbody></table></div></section>`;
}

const same = (text) => (route.value.query.filter ?? "") === "" || text.toLowerCase().includes(route.value.query.filter.toLowerCase());

/** Every setting as it is in force. */
function Config() {
  const { data, error } = usePoll(() => get("/v1/config"), Infinity);
  if (error) return html`<${Trouble} error=${error} />`;
  const rows = (data?.items ?? []).filter(({ key, value: text, origin }) => same(`${key} ${text} ${origin}`));
  return html`<div class="row"><${Filter} label="Filter settings" /><${Command} commands=${[["twofold", "twofold config show"], ...cmd.read("config")]} /></div><div class="table"><table aria-label="Settings"><thead><tr><th scope="col">Key</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
    <tbody>${rows.map(({ key, value: text, origin }) => html`<tr key=${key}><td class="mono">${key}</td><td class="mono">${text}</td><td class=${origin === "default" ? "quiet" : ""}>${origin}</td></tr>`)}</tbody></table></div>`;
}

const LEVELS = { debug: "plain", info: "log", warn: "warn", error: "bad" };

/** What the broker has written to its log lately, the newest first. */
function Log() {
  const level = route.value.query.level ?? "info";
  const { data, error } = usePoll(() => get(`/v1/log?limit=1000&level=${encodeURIComponent(level)}`), 2_000, [level]);
  if (error) return html`<${Trouble} error=${error} />`;
  const said = (fields) => Object.entries(fields).map(([name, text]) => `${name}=${text}`).join(" ");
  const rows = (data?.items ?? []).filter(({ component, message, fields }) => same(`${component} ${message} ${said(fields)}`)).reverse();
  return html`<div class="row"><${Segments} label="Least important" options=${Object.keys(LEVELS).map((id) => [id, id])} value=${level} onChange=${(id) => choose({ level: id === "info" ? "" : id })} /><${Filter} label="Filter the log" /></div>
    <div class="table feed" data-testid="log"><table aria-label="The last lines, the newest first"><tbody>${rows.map((line, i) => html`<tr key=${rows.length - i} data-level=${line.level}><td class="nowrap soft"><${Time} at=${line.time} /></td>
      <td><${Kind} kind=${LEVELS[line.level]}>${line.level}</${Kind}></td><td>${line.component}</td><td>${line.message} <span class="mono soft">${said(line.fields)}</span></td></tr>`)}</tbody></table></div>`;
}

const label = (labels, name) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1];

/** Requests by operation, the most frequent first. */
export function byOperation(metrics) {
  const found = new Map();
  const entry = (labels) => {
    const [api, op] = [label(labels, "api"), label(labels, "op")];
    const key = `${api}/${op}`;
    if (!found.has(key)) found.set(key, { key, api, op, requests: 0, refused: 0 });
    return found.get(key);
  };
  const timed = new Map();
  for (const { name, labels, value: n } of metrics) {
    if (name === "twofold_http_requests_total") {
      entry(labels).requests += n;
      if (label(labels, "code") >= "400") entry(labels).refused += n;
    }
    if (name === "twofold_http_request_duration_seconds_sum") timed.set(`${label(labels, "api")}/${label(labels, "op")}`, n);
    if (name === "twofold_http_request_duration_seconds_count" && n > 0) {
      const one = entry(labels);
      one.mean = timed.get(one.key) / n;
    }
  }
  return [...found.values()].filter(({ requests }) => requests > 0).sort((a, b) => b.requests - a.requests);
}

function Metrics({ metrics }) {
  const wanted = route.value.query.filter ?? "";
  const rows = metrics.filter(({ name, labels }) => !name.endsWith("_bucket") && `${name}${labels}`.includes(wanted)).slice(0, 400);
  return html`<div class="row"><${Filter} label="Filter metrics" /></div><div class="table"><table aria-label="Metrics"><tbody>${rows.map(({ name, labels, value: n }) => html`<tr key=${name + labels}>
    <td class="mono">${name}<span class="quiet">${labels}</span></td><td class="num mono">${Number.isInteger(n) ? count(n) : n}</td></tr>`)}</tbody></table></div>`;
}
