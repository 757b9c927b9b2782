// What of a state is drawn where. Pure functions.
import { delivered } from "./model.js";

export const RAIL_MAX = 14;
const LEAVING_MS = 900; // a slip that is torn is seen leaving

const cellsOf = (log) => [...log.values()].flatMap((part) => [...part.cells.values()]);
export const idOf = (cell) => `${cell.partition}-${cell.offset}`;

/**
 * Where order is kept, what waits behind its key (or, strictly, behind its partition) is blocked; no event says so.
 * The queue's counters with that: blocked and ready.
 */
export function behind(state) {
  const { order } = state.queue ?? {};
  if (order !== "key" && order !== "strict") return new Set();
  const lane = (cell) => (order === "strict" ? String(cell.partition) : `${cell.partition}/${cell.key}`);
  const taken = new Set();
  const blocked = new Set();
  for (const cell of cellsOf(delivered(state)).sort((a, b) => a.offset - b.offset)) {
    if (["acked", "gone", "dead", "passed_over", "none", "unknown"].includes(cell.state) || (order === "key" && !cell.key)) continue;
    if (cell.state !== "in_flight" && cell.state !== "delayed" && taken.has(lane(cell))) blocked.add(cell);
    if (cell.state === "in_flight" || cell.state === "delayed" || blocked.has(cell)) taken.add(lane(cell));
  }
  return blocked;
}

export function numbers(state) {
  const { counts, order } = state.queue ?? {};
  if (!counts || (order !== "key" && order !== "strict")) return counts ?? {};
  const blocked = behind(state).size;
  return { ...counts, blocked, ready: Math.max(0, counts.ready + counts.blocked - blocked) };
}

/** The slips on the rail: what waits, the oldest first, and what was torn just now. */
export function rail(state, max = RAIL_MAX) {
  const all = state.queue ? cellsOf(delivered(state)) : [];
  const waits = all.filter(({ state: one }) => one === "ready" || one === "delayed" || one === "blocked")
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || a.partition - b.partition || a.offset - b.offset);
  const blocked = behind(state);
  const shown = waits.slice(0, max).map((cell) => (blocked.has(cell) ? { ...cell, state: "blocked" } : cell));
  const counted = ["ready", "delayed", "blocked"].reduce((n, one) => n + (state.queue?.counts?.[one] ?? 0), 0);
  return { slips: shown, more: Math.max(0, counted - shown.length) };
}

export const inHand = (state) => (state.queue ? cellsOf(delivered(state)).filter((cell) => cell.state === "in_flight") : []);

export const heldBy = (state, client) => inHand(state).filter((cell) => cell.holder === client);

export const leaving = (state, now) => (state.queue ? cellsOf(delivered(state)).filter((cell) => cell.state === "acked" && cell.changed > 0 && now - cell.changed < LEAVING_MS) : []);

/** The pages of a partition that fit: the newest, oldest first. */
export function pages(part, max) {
  const from = Math.max(part.start, part.end - max);
  const shown = [];
  for (let offset = from; offset < part.end; offset += 1) shown.push(part.cells.get(offset) ?? { partition: part.partition, offset, state: "unknown" });
  return { shown, before: from - part.start, torn: part.start };
}

/** How far a group's reader is in a partition, and how much is left. */
export function reading(state, group) {
  const one = state.groups.get(group);
  const places = [...state.log.values()].map((part) => {
    const at = one?.offsets.get(part.partition);
    return { partition: part.partition, at, lag: part.end - Math.max(at ?? part.start, part.start) };
  });
  return { places, lag: places.reduce((sum, { lag }) => sum + lag, 0), members: one?.members ?? [] };
}

export const kept = (log) => [...log.values()].reduce((sum, { start, end }) => sum + end - start, 0);
export const ends = (log) => [...log.values()].map(({ end }) => end);

/** Who has read a record, by group: those whose committed offset is behind it. */
export const readBy = (state, { partition, offset }) => [...state.groups].filter(([, group]) => group.offsets.get(partition) > offset).map(([name]) => name);

/** The oldest message that waits: since when. */
export function oldest(state) {
  const waits = rail(state).slips.map(({ at }) => at).filter(Boolean);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

/** What the numbers of the events say about the queue's life. */
export const tally = ({ counts }) => ({
  taken: counts.delivered ?? 0, torn: counts.acked ?? 0, returned: (counts.expired ?? 0) + (counts.nacked ?? 0),
  burnt: counts.dead_lettered ?? 0, written: counts.appended ?? 0,
});
