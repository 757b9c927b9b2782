// Numbers and times as people read them. Pure functions.
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const grouped = new Intl.NumberFormat("en");
const DURATION_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** 1234567 -> "1,234,567"; nothing known -> "–". */
export const count = (n) => (n === undefined || n === null || Number.isNaN(n) ? "–" : grouped.format(n));

export function bytes(n) {
  if (n === undefined || n === null || Number.isNaN(n)) return "–";
  let unit = 0;
  while (Math.abs(n) >= 1024 && unit < UNITS.length - 1) {
    n /= 1024;
    unit += 1;
  }
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${UNITS[unit]}`;
}

/** A rate a second: "0", "0.4", "12", "1,204". */
export function rate(n) {
  if (n === undefined || n === null || Number.isNaN(n)) return "–";
  if (!Number.isInteger(n) && Math.abs(n) < 10) return n.toFixed(1);
  return grouped.format(Math.round(n));
}

/** A span in its two largest units, or one: "850 ms", "12 s", "3 m 20 s", "4 d 2 h". */
export function span(ms) {
  if (ms === undefined || ms === null || Number.isNaN(ms)) return "–";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${ms < 10_000 ? (ms / 1_000).toFixed(1) : seconds} s`;
  const parts = [[Math.floor(seconds / 86_400), "d"], [Math.floor(seconds / 3_600) % 24, "h"], [Math.floor(seconds / 60) % 60, "m"], [seconds % 60, "s"]];
  const first = parts.findIndex(([n]) => n > 0);
  return parts.slice(first, first + 2).filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ");
}

/** The API's durations ("30s", "22332ms", "7d", a bare number of seconds) in milliseconds. */
export function milliseconds(text) {
  const [, number, unit] = /^([\d.]+)(ms|s|m|h|d)?$/.exec(String(text ?? "")) ?? [];
  return number === undefined ? undefined : Number(number) * DURATION_MS[unit ?? "s"];
}

const two = (n) => String(n).padStart(2, "0");

/** Local time of day, with the date when it is not today. */
export function clock(time, now = Date.now()) {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return "–";
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} `;
  const isToday = new Date(now).toDateString() === at.toDateString();
  return `${isToday ? "" : day}${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

export const utc = (time) => {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? "" : `${at.toISOString().replace("T", " ").replace("Z", "")} UTC`;
};

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
