// The inspect stream: frames of one view, over as many connections as it takes.
import { connection } from "../core/api.js";

const RETRY_MS = 400;
const RETRY_MS_MAX = 5_000;
const SILENT_MS = 20_000; // then the connection is taken for dead

/** view: {topic, queue, groups}. on(frame) gets every frame, status("live" | "lost") how it is. Returns a way to end it. */
export function inspect(view, { on, status, maxRate = 200 }) {
  let socket, timer, last, failures = 0, isOver = false;
  let heardAt = Date.now();
  const address = () => {
    const url = new URL("/v1/inspect", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const search = [["topic", view.topic], ["queue", view.queue], ...view.groups.map((group) => ["group", group]), ["max_rate", maxRate]];
    if (last !== undefined) search.push(["resume", last]);
    url.search = new URLSearchParams(search.filter(([, value]) => value !== undefined && value !== ""));
    return url;
  };
  const open = () => {
    socket = new WebSocket(address());
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
    socket.onclose = () => {
      if (isOver) return;
      status("lost");
      timer = setTimeout(open, Math.min(RETRY_MS * 2 ** failures++, RETRY_MS_MAX));
    };
  };
  const watch = setInterval(() => Date.now() - heardAt > SILENT_MS && socket.readyState === WebSocket.OPEN && socket.close(), SILENT_MS / 4);
  open();
  return () => {
    isOver = true;
    clearTimeout(timer);
    clearInterval(watch);
    socket.close();
  };
}
