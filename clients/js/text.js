// The small print of the wire: addresses, durations, bytes.

const PATH = "/v1/ws";
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const utf8 = new TextEncoder();

/** http(s) and ws(s) are the same address; without a path it is the API's. */
export function socketUrl(url) {
  const socket = new URL(url, globalThis.location?.href);
  socket.protocol = socket.protocol.replace("http", "ws");
  if (socket.pathname === "/") socket.pathname = PATH;
  return socket.href;
}

/** "15s", "250ms", "1.5h"; a bare number is seconds. */
export function milliseconds(duration) {
  const [, number, unit] = /^([\d.]+)(ms|s|m|h|d)?$/.exec(duration) ?? [];
  return Number(number ?? 0) * UNIT_MS[unit ?? "s"];
}

export const byteLength = (text) => utf8.encode(text).length;

function base64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

const plain = (text) => (text instanceof Uint8Array ? { base64: base64(text) } : text);

/** Bytes of a record as they are written on the wire. */
export function encodable(record) {
  const { bytes, key, headers } = record;
  const fields = { ...record, key: plain(key) };
  if (bytes instanceof Uint8Array) fields.bytes = base64(bytes);
  if (headers) fields.headers = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, plain(text)]));
  return fields;
}

/** Likewise of all records of a transaction's part. */
export function encodablePart({ records, messages, ...part }) {
  return { ...part, records: records?.map(encodable), messages: messages?.map(encodable) };
}
