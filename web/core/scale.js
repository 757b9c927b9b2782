// Where lines over time are drawn. Pure functions.
const STEPS = [1, 2, 5, 10];
const SPANS_S = [5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800];

/** Round numbers from 0 to beyond the greatest: [0, 20, 40]. */
export function ticks(most, about = 3) {
  const raw = Math.max(most, 1) / about;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * STEPS.find((one) => one * power >= raw);
  return Array.from({ length: Math.ceil(Math.max(most, 1) / step) + 1 }, (_, i) => i * step);
}

/** Round times within a stretch, in seconds, at most `about` of them. */
export function times(from, to, about) {
  const step = SPANS_S.find((one) => (to - from) / one <= about) ?? 86_400;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step);
}

/** The path of a line: one point a pixel at most, the greatest of those that share it; null leaves a gap, and what stands alone a dot. */
export function path(seconds, values, { x, y }) {
  const points = [];
  values.forEach((value, i) => {
    const at = Math.round(x(seconds[i]));
    const last = points.at(-1);
    if (last?.[0] === at) last[1] = last[1] === null ? value : Math.max(last[1], value ?? last[1]);
    else points.push([at, value]);
  });
  const drawn = (i) => points[i]?.[1] !== null && points[i] !== undefined;
  return points.map(([at, value], i) => (value === null ? "" : `${drawn(i - 1) ? "L" : "M"}${at} ${y(value).toFixed(1)}${drawn(i - 1) || drawn(i + 1) ? "" : "h1"}`)).join("");
}
