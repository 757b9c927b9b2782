// One record or message, opened: its value in every view it has, its headers, and where it is.
import { html, useMemo, useState } from "../core/html.js";
import { get } from "../core/api.js";
import { bytesOf, content, keyText, show, viewsOf } from "../core/body.js";
import { bytes, count } from "../core/format.js";
import { hasKey } from "../core/key.js";
import { Segments, Time } from "./bits.js";
import { Copy } from "./dialog.js";
import { sayError } from "./toast.js";

const ENDINGS = { json: "json", text: "txt" };
const TITLES = { pretty: "Pretty", text: "Text", hex: "Hex" };

export function Value({ record, children }) {
  return html`<div class="two value"><${Body} record=${record} />
    <div class="stack"><${Meta} record=${record} />${children}</div></div>`;
}

export function Body({ record }) {
  const held = useMemo(() => content(record), [record]);
  const views = viewsOf(held);
  const [wanted, setView] = useState();
  const view = views.includes(wanted) ? wanted : views[0];
  const { text, cut } = useMemo(() => show(held, view), [held, view]);
  return html`<div class="stack">
    <div class="row">
      <${Segments} label="View of the value" options=${views.map((id) => [id, TITLES[id]])} value=${view} onChange=${setView} />
      <span class="quiet small">${bytes(bytesOf(held).length)}${record.content_type ? ` · ${record.content_type}` : ""}</span>
      <${Copy} text=${text} /><button type="button" class="btn plain mini" onClick=${() => save(bytesOf(held), `${record.id}.${ENDINGS[held.shape] ?? "bin"}`)}>Download</button>
    </div>
    <pre class="code" dir="auto" tabindex="0" role="group" aria-label="Value" data-testid="value">${text}</pre>
    ${cut > 0 && html`<p class="small warn">Only the beginning is shown: ${count(cut)} bytes in all. Download has everything.</p>`}
  </div>`;
}

/** Puts it where downloads go. */
function save(bytes, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A link to an answer of the broker. A browser that follows it shows no key: with one, it is asked for here. */
export function Raw({ target, name, children }) {
  const open = (event) => {
    if (!hasKey.value) return;
    event.preventDefault();
    get(target).then((text) => save(text, name), sayError);
  };
  return html`<a class="btn" href=${target} onClick=${open}>${children}</a>`;
}

function Meta({ record }) {
  const headers = Object.entries(record.headers ?? {});
  return html`<dl class="meta">
    <dt>id</dt><dd class="mono">${record.id}</dd>
    ${record.key !== undefined && html`<dt>key</dt><dd class="mono" dir="auto">${keyText(record.key)}</dd>`}
    ${record.seq !== undefined && html`<dt>seq</dt><dd class="mono">${count(record.seq)}</dd>`}
    <dt>stored</dt><dd><${Time} at=${record.timestamp} /></dd>
    ${record.receive_count > 0 && html`<dt>received</dt><dd>${record.receive_count} ×</dd>`}
    ${record.visible_at && html`<dt>visible at</dt><dd><${Time} at=${record.visible_at} /></dd>`}
    ${headers.map(([name, value]) => html`<dt key=${name} class="mono">${name}</dt><dd class="mono" dir="auto">${keyText(value)}</dd>`)}
  </dl>`;
}
