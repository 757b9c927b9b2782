// Data that is asked for again and again while somebody looks at it.
import { useEffect, useState } from "../vendor/hooks.js";
import { NoAnswer } from "./api.js";

const HIDDEN_MS = 15_000;

/**
 * {data, error, at}: the newest answer of ask(), and of a refusal the Problem. A broker that does not answer leaves
 * the data as it is: the page says how old it is. `again()` asks now.
 */
export function usePoll(ask, everyMs, watched = []) {
  const [state, setState] = useState({ data: undefined, error: undefined, at: 0 });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer;
    const look = async () => {
      const startedAt = performance.now();
      try {
        const data = await ask(stop.signal);
        if (!stop.signal.aborted) setState({ data, error: undefined, at: Date.now() });
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!(error instanceof NoAnswer)) setState((old) => ({ ...old, error, at: Date.now() }));
      }
      if (stop.signal.aborted || everyMs === Infinity) return;
      timer = setTimeout(look, document.hidden ? HIDDEN_MS : Math.max(everyMs - (performance.now() - startedAt), everyMs / 4));
    };
    look();
    return () => (stop.abort(), clearTimeout(timer));
  }, [...watched, everyMs, turn]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}
