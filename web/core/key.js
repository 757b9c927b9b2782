// The key for a broker that asks for one. It is held here, kept until the tab is closed if somebody wants that, and goes
// nowhere but into the header of a request and the first words of a stream.
import { signal } from "../vendor/signals-core.js";

const KEPT = "twofold.key";

function kept() {
  try {
    return sessionStorage.getItem(KEPT) ?? undefined;
  } catch {
    return undefined; // storage is closed to us: it lasts as long as the page
  }
}

function keep(token) {
  try {
    if (token === undefined) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, token);
  } catch {
    // as above
  }
}

let held = kept();
let wasGood = held !== undefined;

/** Whether one is in use. */
export const hasKey = signal(held !== undefined);

/** While the broker waits for one: "", or what is wrong with the last one. */
export const needed = signal(undefined);

export const token = () => held;

/** Tries a key with check(), which asks the broker something. Throws what is wrong with it. */
export async function enter(text, { isKept, check }) {
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Error("This is no key: a key has no spaces and no special letters.");
  held = text;
  wasGood = false;
  try {
    await check();
  } catch (error) {
    held = undefined;
    throw error;
  }
  wasGood = true;
  if (isKept) keep(text);
  hasKey.value = true;
  needed.value = undefined;
}

/** The broker does not take `tried`: whoever looks is asked for another one, unless that has happened already. */
export function turnedAway(tried, why) {
  if (tried !== held) return;
  if (held === undefined) {
    needed.value ??= "";
    return;
  }
  const text = wasGood ? "The broker does not take this key any more: it may have been revoked." : why;
  held = undefined;
  keep(undefined);
  hasKey.value = false;
  needed.value = text;
}

/** With everything that was seen with it. */
export function forget() {
  held = undefined;
  keep(undefined);
  location.reload();
}

/** A refusal of the broker, as it is said to somebody who holds the key. Pure. */
export const mayNot = (text) => text.replace(/^This key lacks the permission (\w+) for /, "This key may not $1 ");
