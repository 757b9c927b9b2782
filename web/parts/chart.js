// Lines over time, as SVG: their colours are the theme's, and they differ by dashes, too.
import { html, useLayoutEffect, useRef, useState } from "../core/html.js";
import { path, ticks, times } from "../core/scale.js";

const HEIGHT = 128;
const LEFT = 62; // for the numbers
const BOTTOM = 20; // for the times
const TOP = 6;
const DASHES = ["", "6 4", "2 3", "9 3 2 3", "1 5"];
const SECONDS_BELOW = 600; // a shorter stretch has seconds on its axis

/** How wide an element is, now and later. */
export function useWidth() {
  const element = useRef();
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setWidth(element.current.clientWidth));
    watch.observe(element.current);
    setWidth(element.current.clientWidth);
    return () => watch.disconnect();
  }, []);
  return [element, width];
}

/** lines: [{title, colour: "--log"}], data: [seconds, ...values of each line]. */
export function Chart({ title, lines, data, format }) {
  const [element, width] = useWidth();
  const newest = data.slice(1).map((values) => values.findLast((value) => value !== null));
  const said = lines.map((line, i) => `${line.title} ${format(newest[i])}`).join(", ");
  return html`<figure class="card"><figcaption class="title"><h2>${title}</h2></figcaption><div class="in stack">
    <div class="legend">${lines.map((line, i) => html`<span key=${line.title}><svg width="18" height="8" aria-hidden="true"><path d="M0 4H18" stroke=${`var(${line.colour})`} stroke-dasharray=${DASHES[i]} /></svg>${line.title}<b>${format(newest[i])}</b></span>`)}</div>
    <div class="chart" ref=${element} role="img" aria-label=${`${title}: ${said}`}>${width > 0 && html`<${Lines} lines=${lines} data=${data} format=${format} width=${width} />`}</div></div></figure>`;
}

function Lines({ lines, data: [seconds, ...values], format, width }) {
  const from = seconds[0] ?? 0;
  const to = Math.max(seconds.at(-1) ?? 0, from + 1);
  const levels = ticks(values.flat().reduce((most, value) => Math.max(most, value), 0));
  const x = (second) => LEFT + ((second - from) / (to - from)) * (width - LEFT - 4);
  const y = (value) => HEIGHT - BOTTOM - (value / levels.at(-1)) * (HEIGHT - BOTTOM - TOP);
  const clock = (second) => new Date(second * 1_000).toTimeString().slice(0, to - from < SECONDS_BELOW ? 8 : 5);
  return html`<svg width=${width} height=${HEIGHT} aria-hidden="true">
    ${levels.map((level) => html`<g key=${level}><path class="grid-line" d=${`M${LEFT} ${y(level)}H${width}`} /><text x=${LEFT - 8} y=${y(level) + 4} text-anchor="end">${format(level)}</text></g>`)}
    ${times(from, to, Math.floor(width / 110)).map((second) => html`<text key=${second} x=${x(second)} y=${HEIGHT - 4} text-anchor="middle">${clock(second)}</text>`)}
    ${lines.map((line, i) => html`<path key=${line.title} class="line" d=${path(seconds, values[i], { x, y })} stroke=${`var(${line.colour})`} stroke-dasharray=${DASHES[i]} />`)}</svg>`;
}
