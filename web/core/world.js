// Every topic, queue and group with its counts: one set of requests for all parts that show some of it.
import { signal } from "../vendor/signals-core.js";
import { all, NoAnswer } from "./api.js";

const EVERY_MS = 1_000;
const HIDDEN_MS = 15_000;

export const world = signal({ at: 0, topics: [], queues: [], groups: [], more: false });

let timer;
let watchers = 0;

async function look() {
  clearTimeout(timer);
  try {
    const [topics, queues, groups] = await Promise.all([all("/v1/topics"), all("/v1/queues"), all("/v1/groups")]);
    world.value = { at: Date.now(), topics: topics.items, queues: queues.items, groups: groups.items,
                    more: topics.more || queues.more || groups.more };
  } catch (error) {
    if (!(error instanceof NoAnswer)) console.error(error);
  }
  clearTimeout(timer);
  if (watchers > 0) timer = setTimeout(look, document.hidden ? HIDDEN_MS : EVERY_MS);
}

/** Begins to look; the answer ends it. */
export function watchWorld() {
  watchers += 1;
  if (watchers === 1) look();
  return () => (watchers -= 1);
}

/** After a change that was made here. */
export const lookAgain = look;
