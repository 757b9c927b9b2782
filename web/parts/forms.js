// What somebody types: a record, settings.
import { html, useState } from "../core/html.js";
import { Field, Segments } from "./bits.js";
import { FormDialog } from "./dialog.js";

// --- A record or message to publish or send, as somebody types it

const SAMPLE = '{"state": "pending", "amount": 120}';

/** The record that the form says; throws where it says something that none is. */
export function recordOf({ shape, value, key, headers, delay }) {
  const record = shape === "json" ? { value: parsed(value) } : { text: value };
  if (key) record.key = key;
  if (delay) record.delay = delay;
  const lines = headers.split("\n").map((line) => line.trim()).filter(Boolean);
  if (lines.length > 0) record.headers = Object.fromEntries(lines.map(header));
  return record;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error.message}. Choose Text to send it as it is.`);
  }
}

function header(line) {
  const colon = line.indexOf(":");
  if (colon < 1) throw new Error(`A header is "name: value", not "${line}".`);
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

export function NewRecord({ title, action, delays, submit, commands, onClose }) {
  const [form, setForm] = useState({ shape: "json", value: SAMPLE, key: "", headers: "", delay: "" });
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const trouble = check(form);
  return html`<${FormDialog} title=${title} action=${action} large onClose=${onClose} submit=${() => submit(recordOf(form))} disabled=${Boolean(trouble)}
      commands=${trouble ? undefined : () => commands(recordOf(form))}>
    <div class="row"><${Segments} label="What the value is" options=${[["json", "JSON"], ["text", "Text"]]} value=${form.shape} onChange=${(shape) => setForm({ ...form, shape })} />
      <span class=${trouble ? "said-bad" : "small good"} aria-live="polite">${trouble ?? (form.shape === "json" ? "✓ valid JSON" : "")}</span></div>
    <textarea rows="7" aria-label="Value" autofocus spellcheck="false" value=${form.value} onInput=${set("value")} data-testid="record-value"></textarea>
    <div class="fields"><${Field} label="Key" hint="same key: same partition, in order"><input value=${form.key} onInput=${set("key")} /></${Field}>
      ${delays && html`<${Field} label="Delay" hint="30s, 2h; empty: none"><input value=${form.delay} onInput=${set("delay")} /></${Field}>`}</div>
    <${Field} label="Headers" hint="one a line: name: value"><textarea rows="2" value=${form.headers} onInput=${set("headers")}></textarea></${Field}></${FormDialog}>`;
}

function check(form) {
  try {
    recordOf(form);
    return undefined;
  } catch (error) {
    return error.message;
  }
}

// --- Settings as JSON, and only what was changed of them is sent

/** What differs from `of`; throws where the text is no object. */
export function changed(text, of) {
  const now = JSON.parse(text);
  if (typeof now !== "object" || now === null || Array.isArray(now)) throw new Error("Settings are an object: {\"name\": value}");
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(of[name])));
}

export function EditConfig({ title, of, names, submit, commands, onClose }) {
  const [text, setText] = useState(() => JSON.stringify(Object.fromEntries(names.filter((name) => name in of).map((name) => [name, of[name]])), null, 2));
  let change, trouble;
  try {
    change = changed(text, of);
  } catch (error) {
    trouble = error.message;
  }
  const isSame = change && Object.keys(change).length === 0;
  return html`<${FormDialog} title=${title} action="Save" onClose=${onClose} submit=${() => submit(change)} disabled=${Boolean(trouble) || isSame}
      commands=${change && !isSame ? () => commands(change) : undefined}>
    <textarea rows="14" aria-label="Settings as JSON" spellcheck="false" value=${text} onInput=${(event) => setText(event.target.value)}></textarea>
    <p class=${trouble ? "said-bad" : "small quiet"} aria-live="polite">${trouble ?? (isSame ? "Nothing is changed yet." : `Changes ${Object.keys(change).join(", ")}.`)}</p></${FormDialog}>`;
}
