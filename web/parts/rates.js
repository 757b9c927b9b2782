// What comes and goes: of the broker as it remembers it, of a queue as long as this page looks at it.
import { html, useEffect, useMemo, useRef } from "../core/html.js";
import { get, usePoll } from "../core/api.js";
import { bytes, milliseconds, rate } from "../core/format.js";
import { choose, route } from "../core/router.js";
import { Segments } from "./bits.js";
import { Chart } from "./chart.js";

const KEPT = 600;
const each = (format) => (value) => `${format(value)}/s`;

/** The answer of /v1/stats as columns: seconds, then each series a second. Pure. */
export function columns({ step, from, series }, names) {
  const stepMs = milliseconds(step);
  const begin = Date.parse(from);
  const count = series[names[0]].length;
  return [Array.from({ length: count }, (_, i) => (begin + (i + 1) * stepMs) / 1_000), ...names.map((name) => series[name].map((n) => (n * 1_000) / stepMs))];
}

export function BrokerRates() {
  const { window = "10m" } = route.value.query;
  const { data, error } = usePoll(() => get(`/v1/stats?window=${encodeURIComponent(window)}`), window === "10m" ? 1_000 : 15_000, [window]);
  const [records, size] = useMemo(() => (data ? [columns(data, ["records_in", "records_out"]), columns(data, ["bytes_in", "bytes_out"])] : []), [data]);
  if (error || !records) return null;
  return html`<div class="stack"><div class="row"><span class="push"></span><${Segments} label="How long" options=${[["10m", "10 minutes"], ["24h", "24 hours"]]} value=${window} onChange=${(id) => choose({ window: id === "10m" ? "" : id })} /></div>
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
