// The demonstration's topic, queues and groups: made, reset, and nobody else's touched.
import { ask, path, post, Problem } from "../core/api.js";

export const DEFAULTS = { topic: "orders", queue: "kitchen", partitions: 1, visibility: "5s", receives: 3, isAttached: true };
const LETTERS = ["a", "b", "c", "d"];

export const burntOf = (queue) => `${queue}-burnt`;
export const readerGroup = (topic, letter) => `${topic}-reader-${letter}`;
export const sharedGroup = (topic) => `${topic}-readers`;
export const groupsOf = (topic) => [...LETTERS.map((letter) => readerGroup(topic, letter)), sharedGroup(topic)];

/** Only what the demonstration made, or what the address names, is ever deleted here. */
export const isOurs = (name, named = []) => /^(kitchen|orders)([-._]|$)/.test(name) || named.includes(name);

async function unless(codes, request) {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Problem && codes.includes(error.code)) return undefined;
    throw error;
  }
}

const gone = (target) => unless(["queue-not-found", "topic-not-found", "group-not-found", "group-in-use"], ask("DELETE", target));

export async function ensure(place) {
  const { topic, queue, partitions } = { ...DEFAULTS, ...place };
  await unless(["exists-with-other-config"], ask("PUT", path`topics/${topic}`, { partitions }));
  await unless(["exists-with-other-config"], ask("PUT", path`queues/${burntOf(queue)}`, {}));
  const there = await unless(["queue-not-found"], ask("GET", path`queues/${queue}`));
  if (!there) await makeQueue(place);
}

/** The queue alone is made anew: attached to the topic from its first page, or with a log of its own. */
export async function makeQueue(place, { from = "earliest" } = {}) {
  const { topic, queue, visibility, receives, isAttached, order } = { ...DEFAULTS, ...place };
  await gone(path`queues/${queue}`);
  await ask("PUT", path`queues/${queue}`, {
    visibility_timeout: visibility, max_receives: receives, dead_letter: burntOf(queue), on_disconnect: "timeout",
    ...(order && { order }), ...(isAttached && { source: { topic, from } }),
  });
}

/** Everything anew: an empty book, an empty rail, nobody has read anything. */
export async function reset(place, named = []) {
  const { topic, queue, partitions, extra = [] } = { ...DEFAULTS, ...place };
  const attached = await unless(["topic-not-found"], ask("GET", path`topics/${topic}/consumers`));
  const others = (attached?.queues ?? []).map(({ name }) => name); // of an earlier visit, or somebody's
  const names = [topic, queue, ...extra, ...others];
  const foreign = names.find((name) => !isOurs(name, named));
  if (foreign) throw new Error(`${foreign} was not made here, so it is not deleted here: nothing is reset.`);
  for (const name of new Set([...extra, ...others, queue, burntOf(queue)])) await gone(path`queues/${name}`);
  for (const group of groupsOf(topic)) await gone(path`groups/${group}`);
  await gone(path`topics/${topic}`);
  await ask("PUT", path`topics/${topic}`, { partitions });
  await ask("PUT", path`queues/${burntOf(queue)}`, {});
  await makeQueue(place);
}

export const trimTo = (topic, before) => post(path`topics/${topic}/trim`, { before });
export const replayAll = (queue, from = "-1h") => post(path`queues/${queue}/replay`, { from });
export const configure = (queue, change) => ask("PATCH", path`queues/${queue}`, change);
