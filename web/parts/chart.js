// Lines over time. uPlot draws them; colours are the page's, and change with its theme.
import { html, useEffect, useLayoutEffect, useRef } from "../core/html.js";
import uPlot from "../vendor/uplot.js";

const HEIGHT = 130;
const MINUTES_S = 600; // a shorter stretch has seconds on its axis
const DASHES = [[], [5, 4], [2, 3], [8, 3, 2, 3]];

const colourOf = (element, name) => {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

/** lines: [{title, colour: "--log", show(value)}], data: [seconds, ...values of each line]. Lines differ by dashes, too. */
export function Chart({ title, lines, data, format }) {
  const element = useRef();
  const plot = useRef();
  useLayoutEffect(() => {
    const draw = () => {
      plot.current?.destroy();
      const line = colourOf(element.current, "--line");
      const axis = { stroke: colourOf(element.current, "--ink-3"), grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "11px system-ui", size: 26 };
      plot.current = new uPlot({
        width: element.current.clientWidth || 400, height: HEIGHT, legend: { show: false }, cursor: { show: false }, scales: { y: { range: (self, low, high) => [0, Math.max(high * 1.1, 1)] } },
        axes: [{ ...axis, space: 80, values: (self, ticks) => ticks.map((at) => new Date(at * 1_000).toTimeString().slice(0, data[0].at(-1) - data[0][0] < MINUTES_S ? 8 : 5)) }, { ...axis, size: 58, values: (self, ticks) => ticks.map(format) }],
        series: [{}, ...lines.map(({ colour }, i) => ({ stroke: colourOf(element.current, colour), width: 1.6, dash: DASHES[i], points: { show: false } }))],
      }, data, element.current);
    };
    draw();
    const watch = new ResizeObserver(() => plot.current.setSize({ width: element.current.clientWidth, height: HEIGHT }));
    watch.observe(element.current);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    addEventListener("theme", draw);
    return () => {
      watch.disconnect();
      dark.removeEventListener("change", draw);
      removeEventListener("theme", draw);
      plot.current.destroy();
      plot.current = null;
    };
  }, [lines.map((line) => line.title).join()]);
  useEffect(() => plot.current?.setData(data), [data]);
  const now = lines.map((line, i) => `${line.title} ${format(data[i + 1].at(-1) ?? 0)}`).join(", ");
  return html`<figure class="card"><figcaption class="title"><h2>${title}</h2></figcaption><div class="in stack">
    <div class="legend">${lines.map((line, i) => html`<span key=${line.title}><i class=${i > 0 && "dashed"} style=${{ "--c": `var(${line.colour})` }}></i>${line.title}<b>${format(data[i + 1].at(-1) ?? 0)}</b></span>`)}</div>
    <div class="chart" ref=${element} role="img" aria-label=${`${title}: ${now}`}></div></div></figure>`;
}
