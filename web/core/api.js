// The REST API as the pages use it: asked once, asked again and again, and everything at a glance.
import { useEffect, useState } from "../vendor/hooks.js";
import { signal } from "../vendor/signals-core.js";
import { parseExactly } from "./body.js";
import { hasKey, mayNot, token, turnedAway } from "./key.js";

const TIMEOUT_MS = 10_000;
/** Open to every key, and to nobody without one. */
export const TICKETS = "/v1/tickets";

/** The broker said no, in its own words. */
export class Problem extends Error {
  constructor(status, body) {
    super(mayNot([body.detail ?? body.title, body.hint].filter(Boolean).join(". ").replace(/\.\. /g, ". ")));
    Object.assign(this, { status, code: body.code, body, at: Date.now() });
  }
}

/** It did not answer: nobody knows what became of the request. */
export class NoAnswer extends Error {}

/** `lostAt` is when it was first found missing; 0 while it answers. */
export const connection = signal({ heardAt: 0, lostAt: 0 });

/** Whether the broker wants its pages to show only (ui.read_only). */
export const readOnly = signal(false);

/** Whether everybody who reaches the broker may do everything, and not from this machine alone (auth.insecure). */
export const isOpen = signal(false);

// Where a key is asked for there is nothing to learn: `world` was not seen without one.
async function learnAccess() {
  try {
    const { items } = await get("/v1/config");
    const of = Object.fromEntries(items.map(({ key, value }) => [key, value]));
    isOpen.value = of["auth.insecure"] === "true" && !of["auth.keys_file"];
  } catch (error) {
    if (error instanceof NoAnswer) setTimeout(learnAccess, EVERY_MS);
  }
}

async function learn() {
  try {
    const { ui } = await get("/v1");
    readOnly.value = ui.read_only;
    document.documentElement.toggleAttribute("data-readonly", ui.read_only);
  } catch {
    setTimeout(learn, EVERY_MS);
  }
}

function heard() {
  const { lostAt, heardAt } = connection.value;
  const now = Date.now();
  if (lostAt !== 0 || now - heardAt > 200) connection.value = { heardAt: now, lostAt: 0 };
}

function missed() {
  if (connection.value.lostAt === 0) connection.value = { ...connection.value, lostAt: Date.now() };
}

/** A path below the API's root: path`topics/${name}/records`. */
export const path = (strings, ...values) => `/v1/${strings[0]}${values.map((value, i) => encodeURIComponent(value) + strings[i + 1]).join("")}`;

export async function ask(method, target, body, { exact = false, headers = {}, signal: stop } = {}) {
  if (readOnly.value && method !== "GET" && target !== TICKETS && !body?.dry_run && !target.includes("dry_run=true")) throw new Problem(403, { detail: "These pages only show: ui.read_only is set" });
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const key = token();
  let answer, text;
  try {
    answer = await fetch(target, {
      method, headers: { "Twofold-Client": "twofold-ui", ...(key !== undefined && { Authorization: `Bearer ${key}` }), ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body), signal: stop ? AbortSignal.any([stop, limit]) : limit,
    });
    text = await answer.text();
  } catch (error) {
    if (stop?.aborted) throw error;
    missed();
    throw new NoAnswer("The broker does not answer.");
  }
  heard();
  const content = answer.headers.get("content-type") ?? "";
  const read = !content.includes("json") ? text : exact ? parseExactly(text) : JSON.parse(text || "null");
  if (answer.ok) return read;
  const problem = new Problem(answer.status, typeof read === "object" && read ? read : { detail: `${answer.status} ${answer.statusText}` });
  if (problem.status === 401) {
    world.value = NOTHING;
    turnedAway(key, problem.message);
  }
  throw problem;
}

export const get = (target, options) => ask("GET", target, undefined, options);
export const post = (target, body = {}) => ask("POST", target, body);

/** What opens one WebSocket that cannot say who asks; nothing where no key is in use. */
export const ticket = async () => (hasKey.value ? (await post(TICKETS)).ticket : undefined);

/** Of a kind no more are shown. */
export const LIST_MAX = 2_000;

/** Every item of a list that comes in pages, up to `max`; `more` says that there are others. */
export async function all(target, max = LIST_MAX) {
  const items = [];
  for (let next = `${target}?limit=1000`; ; ) {
    const page = await get(next);
    items.push(...page.items);
    if (!page.next) return { items, more: false };
    if (items.length >= max) return { items, more: true };
    next = `${target}?limit=1000&cursor=${encodeURIComponent(page.next)}`;
  }
}

// --- Data that is asked for again and again while somebody looks at it

const HIDDEN_MS = 15_000;
const REFUSED_MS = 15_000; // each refusal is a line in the broker's log

/**
 * {data, error, at}: the newest answer of ask(), and of a refusal the Problem. A broker that does not answer leaves
 * the data as it is: the page says how old it is. `again()` asks now. What the key may not is asked for less often.
 */
export function usePoll(ask, everyMs, watched = []) {
  const [state, setState] = useState({ data: undefined, error: undefined, at: 0 });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer;
    const look = async () => {
      const startedAt = performance.now();
      let isRefused = false;
      try {
        const data = await ask(stop.signal);
        if (!stop.signal.aborted) setState({ data, error: undefined, at: Date.now() });
      } catch (error) {
        if (stop.signal.aborted) return;
        isRefused = error.status === 403;
        if (!(error instanceof NoAnswer)) setState((old) => ({ ...old, error, at: Date.now() }));
      }
      if (stop.signal.aborted || everyMs === Infinity) return;
      timer = setTimeout(look, isRefused ? REFUSED_MS : document.hidden ? HIDDEN_MS : Math.max(everyMs - (performance.now() - startedAt), everyMs / 4));
    };
    look();
    return () => (stop.abort(), clearTimeout(timer));
  }, [...watched, everyMs, turn]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}

// --- Every topic, queue and group with its counts and rates: one set of requests for all parts that show them

const EVERY_MS = 1_000;

const NOTHING = { at: 0, topics: [], queues: [], groups: [], rates: { topics: new Map(), queues: new Map() }, more: {}, refused: {} };

/**
 * `more`: whether there are other topics, queues, groups than these. `refused` has the Problem of each part that the key
 * may not see: topics, queues, groups, rates.
 */
export const world = signal(NOTHING);

let timer;
let watchers = 0;

const byName = (list) => new Map(list.map((one) => [one.name, one]));

async function part(name, asked, none = { items: [] }) {
  const refused = world.value.refused[name];
  if (refused && Date.now() - refused.at < REFUSED_MS) return { ...none, refused };
  try {
    return await asked();
  } catch (error) {
    if (error.status !== 403) throw error;
    return { ...none, refused: error };
  }
}

/** Also to be called after a change that was made here. */
export async function lookAgain() {
  clearTimeout(timer);
  try {
    const [topics, queues, groups, rates] = await Promise.all([...["topics", "queues", "groups"].map((name) => part(name, () => all(`/v1/${name}`))),
      part("rates", () => get("/v1/stats/rates"), { topics: [], queues: [] })]);
    if (world.value.at === 0 && !hasKey.value) learnAccess();
    world.value = { at: Date.now(), topics: topics.items, queues: queues.items, groups: groups.items, rates: { topics: byName(rates.topics), queues: byName(rates.queues) },
                    more: { topics: topics.more, queues: queues.more, groups: groups.more },
                    refused: { topics: topics.refused, queues: queues.refused, groups: groups.refused, rates: rates.refused } };
  } catch (error) {
    if (!(error instanceof NoAnswer) && error.status !== 401) console.error(error);
  }
  clearTimeout(timer);
  if (watchers > 0) timer = setTimeout(lookAgain, document.hidden ? HIDDEN_MS : EVERY_MS);
}

/** Begins to look; the answer ends it. */
export function watchWorld() {
  watchers += 1;
  if (watchers === 1) {
    learn();
    lookAgain();
  }
  return () => (watchers -= 1);
}
