// The value of a record or message as it can be shown: JSON, text or bytes, and never more of it than fits.
// Pure functions.
export const SHOWN_BYTES_MAX = 64 * 1024;
const HEX_COLUMNS = 16;
const utf8 = new TextEncoder();

/** Numbers stay as they were written: 1.0, and integers that no double holds. */
export function parseExactly(text) {
  if (!JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (key, value, context) =>
    typeof value === "number" && context && String(value) !== context.source ? JSON.rawJSON(context.source) : value);
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** What a record holds: its shape, and the bytes it is made of. */
export function content(record) {
  if (record.bytes !== undefined) return { shape: "bytes", bytes: fromBase64(record.bytes) };
  if (record.text !== undefined) return { shape: "text", text: record.text };
  if (record.value === null || record.value === undefined) return { shape: "none", text: "" };
  return { shape: "json", value: record.value, text: JSON.stringify(record.value) };
}

export const bytesOf = (held) => held.bytes ?? utf8.encode(held.text);

/** The views a value has, the best one first. */
export const viewsOf = (held) => ({ json: ["pretty", "text", "hex"], text: ["text", "hex"], bytes: ["hex"], none: ["text"] })[held.shape];

/** {text, cut}: at most SHOWN_BYTES_MAX of it; `cut` says how many bytes there are in all. */
export function show(held, view, max = SHOWN_BYTES_MAX) {
  if (held.shape === "none") return { text: "no value (a tombstone)", cut: 0 };
  if (view === "hex") {
    const all = bytesOf(held);
    return { text: hex(all.subarray(0, max / 4)), cut: all.length > max / 4 ? all.length : 0 };
  }
  const text = view === "pretty" ? JSON.stringify(held.value, null, 2) : held.text;
  if (text.length * 3 <= max) return { text, cut: 0 };
  const all = utf8.encode(text);
  // With `stream` a character that is cut in two is left away.
  return all.length > max ? { text: new TextDecoder().decode(all.subarray(0, max), { stream: true }), cut: bytesOf(held).length } : { text, cut: 0 };
}

/** One line for a list. */
export function preview(record, max = 160) {
  const held = content(record);
  if (held.shape === "none") return "∅ tombstone";
  if (held.shape === "bytes") return `${[...held.bytes.subarray(0, 24)].map(hexByte).join(" ")}${held.bytes.length > 24 ? " …" : ""}`;
  const line = held.text.slice(0, max + 1).replace(/\s+/g, " ");
  return line.length > max ? `${line.slice(0, max)}…` : line;
}

const hexByte = (byte) => byte.toString(16).padStart(2, "0");

export function hex(data) {
  const lines = [];
  for (let at = 0; at < data.length; at += HEX_COLUMNS) {
    const row = [...data.subarray(at, at + HEX_COLUMNS)];
    const digits = row.map(hexByte).join(" ").padEnd(HEX_COLUMNS * 3 - 1);
    const letters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${digits}  ${letters}`);
  }
  return lines.join("\n");
}

/** Whether a text, or "key=...", is in a record. */
export function matches(record, wanted) {
  if (!wanted) return true;
  const [, key] = /^key=(.*)$/s.exec(wanted) ?? [];
  if (key !== undefined) return String(record.key ?? "").includes(key);
  return [record.id, record.key, content(record).text, JSON.stringify(record.headers ?? "")].some((text) => String(text ?? "").includes(wanted));
}

/** A key is text, or {"base64":"..."}. */
export const keyText = (key) => (key === undefined || key === null ? "" : typeof key === "string" ? key : `base64:${key.base64 ?? JSON.stringify(key)}`);
