// "Show command": the same thing, typed in a terminal.
import { html, useLayoutEffect, useRef, useState } from "../core/html.js";
import { commandsFor } from "../core/commands.js";

export const cmd = commandsFor(globalThis.location?.origin ?? "");

/** `commands` is a list of [program, text], or a function that makes it when it is asked for. */
export function Command({ commands, label = "Show command" }) {
  const [isOpen, setOpen] = useState(false);
  return html`<button type="button" class="btn plain" onClick=${() => setOpen(true)}><span class="mono" aria-hidden="true">›_</span>${label}</button>
    ${isOpen && html`<${CommandDialog} commands=${typeof commands === "function" ? commands() : commands} onClose=${() => setOpen(false)} />`}`;
}

function CommandDialog({ commands, onClose }) {
  const dialog = useRef();
  useLayoutEffect(() => {
    const element = dialog.current;
    element.showModal();
    return () => element.close(); // gives the focus back
  }, []);
  const outside = (event) => event.target === dialog.current && onClose();
  return html`<dialog ref=${dialog} class="large" aria-label="Commands" onCancel=${(event) => (event.stopPropagation(), event.preventDefault(), onClose())} onMouseDown=${outside}>
    <div class="dialog-in"><h2>From a terminal</h2>
      ${commands.map(([program, text]) => html`<${CommandLine} key=${program} program=${program} text=${text} />`)}
      <div class="dialog-foot"><button type="button" class="btn" onClick=${onClose}>Close</button></div>
    </div></dialog>`;
}

export function CommandLine({ program, text }) {
  return html`<div class="field"><span class="row">${program}<${Copy} text=${text} /></span><pre class="code" tabindex="0" role="group" aria-label=${`${program} command`}>${text}</pre></div>`;
}

export function Copy({ text, label = "Copy" }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea"); // without https there is no clipboard but this one
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
    setTimeout(() => setDone(false), 1_500);
  };
  return html`<button type="button" class="btn plain mini push" onClick=${copy}>${done ? html`<span class="copied">✓ Copied</span>` : label}</button>`;
}
