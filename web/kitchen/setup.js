// The demonstration's topic, queues and groups: made, reset, and nobody else's touched.
import { ask, path, post, Problem } from "../core/api.js";
import { plural } from "../core/format.js";

export const DEFAULTS = { topic: "orders", queue: "kitchen", partitions: 1, visibility: "5s", receives: 3, isAttached: true };
const LETTERS = ["a", "b", "c", "d"];

export const burntOf = (queue) => `${queue}-burnt`;
export const readerGroup = (topic, letter) => `${topic}-reader-${letter}`;
export const sharedGroup = (topic) => `${topic}-readers`;
export const groupsOf = (topic) => [...LETTERS.map((letter) => readerGroup(topic, letter)), sharedGroup(topic)];

const idOf = (kind, { name, created }) => `${kind}/${name} of ${created}`;

/**
 * What this page has made, and when the broker says that it was. Anything else is somebody's, whatever its name: it may be
 * that another one has made it anew since.
 */
export class Made {
  #ids = new Set();

  add(kind, one) {
    this.#ids.add(idOf(kind, one));
  }

  has(kind, one) {
    return one.created !== undefined && this.#ids.has(idOf(kind, one));
  }
}

export const made = new Made();
const held = ({ messages, source }) => (source ? 0 : Object.values(messages).reduce((sum, n) => sum + n, 0)); // an attached queue's are its topic's

/**
 * What of a plan nobody may delete unasked. Pure: {ids, affected, text}; `affected` records and messages would be gone.
 * Throws for a queue that somebody attached to the topic: that is not the kitchen's to delete at all.
 */
export function strangers({ queue, topic, queues, groups }, made) {
  const others = queues.filter((one) => !made.has("queue", one));
  const foreign = others.find(({ name }) => name !== queue && !name.startsWith(`${queue}-`));
  if (foreign) throw new Error(`${foreign.name} was not made here, so it is not deleted here: nothing is reset.`);
  const log = topic && !made.has("topic", topic) ? topic : undefined;
  const readers = groups.length > 0 ? `, read by ${plural(groups.length, "group")}: ${groups.join(", ")}` : "";
  const parts = [log && `topic ${log.name} (${plural(log.records, "record")}${readers})`,
                 ...others.map((one) => `queue ${one.name} (${plural(Object.values(one.messages).reduce((sum, n) => sum + n, 0), "message")})`)].filter(Boolean);
  const affected = (log?.records ?? 0) + others.reduce((sum, one) => sum + held(one), 0);
  return { ids: [...(log ? [idOf("topic", log)] : []), ...others.map((one) => idOf("queue", one))], affected,
           text: `${affected === 1 ? "record" : "records"} would be gone for good. This page did not make: ${parts.join("; ")}.` };
}

/**
 * `twofold demo` says in tags of the queue what it has made, and when that was: it is the kitchen's to make anew. Of what
 * has been made under such a name since they say nothing. Pure.
 */
export function recall(tags, made) {
  for (const [tag, created] of Object.entries(tags ?? {})) {
    const [, kind, name] = /^made-by-demo\/(topic|queue)\/(.+)$/.exec(tag) ?? [];
    if (kind) made.add(kind, { name, created });
  }
}

const tagsOf = async (queue) => {
  try {
    return (await ask("POST", "/", { QueueUrl: queue }, { headers: { "X-Amz-Target": "AmazonSQS.ListQueueTags" } }))?.Tags;
  } catch {
    return {}; // then nothing was made by the demonstration, as far as anybody knows
  }
};

/** What of a plan is somebody's, once the queue was asked what the demonstration made. */
export async function others(plan) {
  const found = strangers(plan, made);
  if (found.ids.length === 0) return found;
  recall(await tagsOf(plan.queue), made);
  return strangers(plan, made);
}

async function unless(codes, request) {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Problem && codes.includes(error.code)) return undefined;
    throw error;
  }
}

const gone = (target) => unless(["queue-not-found", "topic-not-found", "group-not-found", "group-in-use"], ask("DELETE", target));

const there = (target) => unless(["queue-not-found", "topic-not-found"], ask("GET", target));

/** Made, and remembered as made here; what is there already stays as it is, and somebody's. */
export async function make(kind, name, config) {
  const target = `/v1/${kind}s/${encodeURIComponent(name)}`;
  const old = await there(target);
  if (old) return old;
  const one = await ask("PUT", target, config);
  made.add(kind, one);
  return one;
}

/** Those that are missing. */
export async function ensure(place) {
  const { topic, queue, partitions } = { ...DEFAULTS, ...place };
  await make("topic", topic, { partitions });
  await make("queue", burntOf(queue), {});
  await make("queue", queue, configOf(place));
}

const configOf = (place) => {
  const { topic, queue, visibility, receives, isAttached, order } = { ...DEFAULTS, ...place };
  return { visibility_timeout: visibility, max_receives: receives, dead_letter: burntOf(queue), on_disconnect: "timeout",
           ...(order && { order }), ...(isAttached && { source: { topic, from: "earliest" } }) };
};

/** What beginning anew would delete; of the queue alone, if only that is made anew. */
export async function plan(place, { extra = [], isQueueAlone = false } = {}) {
  const { topic, queue } = { ...DEFAULTS, ...place };
  const [log, readers] = isQueueAlone ? [] : await Promise.all([path`topics/${topic}`, path`topics/${topic}/consumers`].map(there));
  const attached = (readers?.queues ?? []).map(({ name }) => name); // of an earlier visit, or somebody's
  const names = isQueueAlone ? [queue] : [...new Set([...extra, ...attached, queue, burntOf(queue)])];
  const queues = (await Promise.all(names.map((name) => there(path`queues/${name}`)))).filter(Boolean);
  return { queue, topic: log, queues, groups: (readers?.groups ?? []).map(({ name }) => name) };
}

// What came to be there after somebody was asked is not deleted with what was agreed to.
async function agreed(place, { agreed, ...options }) {
  const found = await plan(place, options);
  const fresh = strangers(found, made).ids.find((id) => !agreed.includes(id));
  if (fresh) throw new Error(`${fresh.split(" of ")[0]} was made by somebody else meanwhile: nothing is reset.`);
  return found;
}

/** The queue alone is made anew: attached to the topic from its first page, or with a log of its own. */
export async function remakeQueue(place, options) {
  const { queues } = await agreed(place, { ...options, isQueueAlone: true });
  for (const { name } of queues) await gone(path`queues/${name}`);
  await ensure(place);
}

/** Everything anew: an empty book, an empty rail, nobody has read anything. `agreed`: the strangers that may go. */
export async function reset(place, options) {
  const { topic } = { ...DEFAULTS, ...place };
  const { queues } = await agreed(place, options);
  for (const { name } of queues) await gone(path`queues/${name}`);
  for (const group of groupsOf(topic)) await gone(path`groups/${group}`);
  await gone(path`topics/${topic}`);
  await ensure(place);
}

export const trimTo = (topic, before) => post(path`topics/${topic}/trim`, { before });
export const replayAll = (queue, from = "-1h") => post(path`queues/${queue}/replay`, { from });
export const configure = (queue, change) => ask("PATCH", path`queues/${queue}`, change);
