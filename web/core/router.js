// Where the reader is, in the address: "#/queues/kitchen?tab=peek". All that was chosen is in there, so that a link
// shows somebody else the same.
import { signal } from "../vendor/signals-core.js";

export function parse(hash) {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { path: path.split("/").filter(Boolean).map(decoded), query: Object.fromEntries(new URLSearchParams(search)) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // "%" alone: what was typed
  }
}

/** The address of a page; parts of the query that are empty are left away. */
export function href(path, query = {}) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== ""));
  const parts = path.map(encodeURIComponent).join("/");
  return `#/${parts}${search.size > 0 ? `?${search}` : ""}`;
}

export const route = signal(parse(globalThis.location?.hash ?? ""));

export function go(path, query) {
  location.hash = href(path, query);
}

/** Changes what is chosen on this page: in the history as a step, or without one while somebody types. */
export function choose(change, { step = false } = {}) {
  const { path, query } = route.value;
  const next = href(path, { ...query, ...change });
  if (step) location.hash = next;
  else history.replaceState(null, "", next);
  route.value = parse(next);
}

globalThis.addEventListener?.("hashchange", () => (route.value = parse(location.hash)));
