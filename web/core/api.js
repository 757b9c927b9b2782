// The REST API as the pages use it. Every answer tells how fresh the page is; a broker that does not answer is a
// state of the page, not an exception of each request.
import { signal } from "../vendor/signals-core.js";
import { parseExactly } from "./body.js";

const TIMEOUT_MS = 10_000;

/** The broker said no, in its own words. */
export class Problem extends Error {
  constructor(status, body) {
    super([body.detail ?? body.title, body.hint].filter(Boolean).join(". ").replace(/\.\. /g, ". "));
    Object.assign(this, { status, code: body.code, body });
  }
}

/** It did not answer: nobody knows what became of the request. */
export class NoAnswer extends Error {}

/** `lostAt` is when it was first found missing; 0 while it answers. */
export const connection = signal({ heardAt: 0, lostAt: 0 });

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

export async function ask(method, target, body, { exact = false, signal: stop } = {}) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let answer, text;
  try {
    answer = await fetch(target, {
      method, headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body), signal: stop ? AbortSignal.any([stop, limit]) : limit,
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
  if (!answer.ok) throw new Problem(answer.status, typeof read === "object" && read ? read : { detail: `${answer.status} ${answer.statusText}` });
  return read;
}

export const get = (target, options) => ask("GET", target, undefined, options);
export const post = (target, body = {}) => ask("POST", target, body);

/** Every item of a list that comes in pages, up to `max`; `more` says that there are others. */
export async function all(target, max = 2_000) {
  const items = [];
  for (let next = `${target}?limit=1000`; ; ) {
    const page = await get(next);
    items.push(...page.items);
    if (!page.next) return { items, more: false };
    if (items.length >= max) return { items, more: true };
    next = `${target}?limit=1000&cursor=${encodeURIComponent(page.next)}`;
  }
}
