// A broker that does not answer: what is on the page stays, and says how old it is.
import { html, useEffect, useState } from "../core/html.js";
import { connection } from "../core/api.js";
import { span } from "../core/format.js";

const GRACE_MS = 1_500;

/** Drawn again every so often, for what depends on the time alone. */
export function useClock(everyMs) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

export function Lost() {
  const { heardAt, lostAt } = connection.value;
  const now = useClock(lostAt ? 500 : 60_000);
  if (!lostAt || (heardAt && now - heardAt < GRACE_MS)) return null;
  return html`<div class="lost-bar" role="alert" data-testid="lost"><strong class="warn">No connection.</strong>
    ${heardAt ? `What you see is ${span(now - heardAt)} old.` : "Nothing was heard of the broker yet."} Trying again …</div>`;
}
