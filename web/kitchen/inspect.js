// The inspect stream: frames of one view, over as many connections as it takes.
import { connection, get, ticket } from "../core/api.js";
import { hasKey } from "../core/key.js";

const RETRY_MS = 400;
const RETRY_MS_MAX = 5_000;
const SILENT_MS = 20_000; // then the connection is taken for dead

/** view: {topic, queue, groups}. on(frame) gets every frame, status("live" | "lost" | "refused", problem) how it is. Returns a way to end it. */
export function inspect(view, { on, status, maxRate = 200 }) {
  let socket, timer, last, failures = 0, isOver = false;
  let heardAt = Date.now();
  const address = (entry) => {
    const url = new URL("/v1/inspect", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const search = [["topic", view.topic], ["queue", view.queue], ...view.groups.map((group) => ["group", group]), ["max_rate", maxRate]];
    if (last !== undefined) search.push(["resume", last]);
    if (entry) search.push(["ticket", entry]);
    url.search = new URLSearchParams(search.filter(([, value]) => value !== undefined && value !== ""));
    return url;
  };
  const again = () => (timer = setTimeout(open, Math.min(RETRY_MS * 2 ** failures++, RETRY_MS_MAX)));
  const open = async () => {
    let isOpen = false;
    try {
      const entry = await ticket();
      if (isOver) return;
      socket = new WebSocket(address(entry));
    } catch {
      if (!isOver) again();
      return;
    }
    socket.onopen = () => (isOpen = true);
    socket.onmessage = ({ data }) => {
      heardAt = Date.now();
      const frame = JSON.parse(data);
      if (frame.seq !== undefined) last = frame.seq;
      if (frame.type === "snapshot") {
        failures = 0;
        status("live");
      }
      connection.value = { heardAt, lostAt: 0 };
      on(frame);
    };
    socket.onclose = async () => {
      if (isOver) return;
      const refused = !isOpen && hasKey.value && (await refusal(address()));
      if (isOver) return;
      status(refused ? "refused" : "lost", refused);
      if (!refused) again();
    };
  };
  const watch = setInterval(() => Date.now() - heardAt > SILENT_MS && socket?.readyState === WebSocket.OPEN && socket.close(), SILENT_MS / 4);
  open();
  return () => {
    isOver = true;
    clearTimeout(timer);
    clearInterval(watch);
    socket?.close();
  };
}

// A browser does not tell why no socket opened: the same asked without one says whether the key may not.
async function refusal({ pathname, search }) {
  const problem = await get(pathname + search).catch((error) => error);
  return problem.status === 403 ? problem : undefined;
}
