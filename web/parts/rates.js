// What comes and goes: of the broker as it remembers it, of a queue as long as this page looks at it.
import { html, useEffect, useMemo, useRef } from "../core/html.js";
import { get, usePoll } from "../core/api.js";
import { bytes, milliseconds, rate } from "../core/format.js";
import { choose, route } from "../core/router.js";
import { Segments } from "./bits.js";
import { Chart } from "./chart.js";
import { Trouble } from "./dialog.js";

const KEPT = 600;
export const each = (format) => (value) => `${format(value)}/s`;

/** The answer of /v1/stats as columns: seconds, then each series. Pure. */
export function asIs({ step, from, series }, names) {
  const stepMs = milliseconds(step);
  const begin = Date.parse(from);
  return [series[names[0]].map((_, i) => (begin + (i + 1) * stepMs) / 1_000), ...names.map((name) => series[name])];
}

/** The same of what was counted within each step, a second. Pure. */
export function columns(stats, names) {
  const [seconds, ...counted] = asIs(stats, names);
  return [seconds, ...counted.map((list) => list.map((n) => (n * 1_000) / milliseconds(stats.step)))];
}

/** The newest past, of the broker or of `of`: {queue: NAME}, {topic: NAME}. */
function useStats(of = {}) {
  const { window = "10m" } = route.value.query;
  return { window, ...usePoll(() => get(`/v1/stats?${new URLSearchParams({ window, ...of })}`), window === "10m" ? 1_000 : 15_000, [window, JSON.stringify(of)]) };
}

const HowLong = ({ window }) => html`<div class="row"><span class="push"></span><${Segments} label="How long" options=${[["10m", "10 minutes"], ["24h", "24 hours"]]} value=${window} onChange=${(id) => choose({ window: id === "10m" ? "" : id })} /></div>`;

/** What the broker remembers of a queue or a topic: one chart for each of [title, lines, format]; the answer's series are their names. */
export function Past({ of, charts }) {
  const { window, data, error } = useStats(of);
  const drawn = useMemo(() => data && charts.map(([, lines]) => asIs(data, lines.map(({ series }) => series))), [data]);
  if (!drawn) return error && html`<${Trouble} error=${error} />`;
  return html`<div class="stack"><${HowLong} window=${window} /><div class="grid">${charts.map(([title, lines, format], i) => html`<${Chart} key=${title} title=${title} data=${drawn[i]} format=${format} lines=${lines} />`)}</div></div>`;
}

export function BrokerRates() {
  const { window, data, error } = useStats();
  const [records, size] = useMemo(() => (data ? [columns(data, ["records_in", "records_out"]), columns(data, ["bytes_in", "bytes_out"])] : []), [data]);
  if (error) return html`<${Trouble} error=${error} />`;
  if (!records) return null;
  return html`<div class="stack"><${HowLong} window=${window} />
    <div class="grid"><${Chart} title="Records a second" data=${records} format=${each(rate)} lines=${[{ title: "in", colour: "--log" }, { title: "out", colour: "--queue" }]} />
      <${Chart} title="Bytes a second" data=${size} format=${each(bytes)} lines=${[{ title: "written", colour: "--log" }, { title: "sent", colour: "--queue" }]} /></div></div>`;
}

/** Values that the page sees anyway, remembered while it is open. */
export function History({ title, values, lines, at, format = rate }) {
  const kept = useRef(lines.map(() => []));
  const times = useRef([]);
  useEffect(() => {
    if (!at || at / 1_000 === times.current.at(-1)) return;
    times.current.push(at / 1_000);
    values.forEach((value, i) => kept.current[i].push(value));
    if (times.current.length > KEPT) [times.current, ...kept.current].forEach((list) => list.shift());
  }, [at]);
  const data = useMemo(() => [[...times.current], ...kept.current.map((list) => [...list])], [at]);
  return html`<${Chart} title=${title} data=${data} lines=${lines} format=${format} />`;
}
