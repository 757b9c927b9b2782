// Dialogs: commands to copy, forms, and the questions that come before something is destroyed.
import { commandsFor } from "../core/commands.js";
import { count } from "../core/format.js";
import { hasKey } from "../core/key.js";
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../core/html.js";

// --- "Show command": the same thing, typed in a terminal

export const cmd = commandsFor(globalThis.location?.origin ?? "", () => hasKey.value);

/** `commands` is a list of [program, text], or a function that makes it when it is asked for. */
export function Command({ commands, label = "Show command" }) {
  const [isOpen, setOpen] = useState(false);
  return html`<button type="button" class="btn plain" onClick=${() => setOpen(true)}><span class="mono" aria-hidden="true">›_</span>${label}</button>
    ${isOpen && html`<${CommandDialog} commands=${typeof commands === "function" ? commands() : commands} onClose=${() => setOpen(false)} />`}`;
}

function CommandDialog({ commands, onClose }) {
  const dialog = useRef();
  useModal(dialog);
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

// --- Dialogs, and the questions that come before something is destroyed

export const TYPED_ABOVE = 1_000; // messages: beyond it the name is typed

/** Open while it is there; then the focus goes back to where it was. */
function useModal(dialog) {
  useLayoutEffect(() => {
    const element = dialog.current;
    element.showModal();
    return () => element.close();
  }, []);
}

export function Dialog({ title, onClose, children, large }) {
  const dialog = useRef();
  const id = useId();
  useModal(dialog);
  const outside = (event) => event.target === dialog.current && onClose();
  return html`<dialog ref=${dialog} class=${large && "large"} aria-labelledby=${id} onCancel=${(event) => (event.preventDefault(), onClose())} onMouseDown=${outside}>
    <div class="dialog-in"><h2 id=${id}>${title}</h2>${children}</div>
  </dialog>`;
}

/** A form in a dialog: `submit` may throw; what it throws is shown and nothing is lost. */
export function FormDialog({ title, action, danger, onClose, submit, commands, disabled, large, children }) {
  const [error, setError] = useState();
  const [busy, setBusy] = useState(false);
  const send = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await submit();
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose} large=${large}>
    <form class="stack" onSubmit=${send}>
      ${children}
      ${error && html`<${Trouble} error=${error} />`}
      <div class="dialog-foot">
        ${commands && html`<${Command} commands=${commands} />`}
        <span class="push"></span>
        <button type="button" class="btn" onClick=${onClose}>Cancel</button>
        <button type="submit" class=${danger ? "btn danger main" : "btn main"} disabled=${busy || disabled}>${action}</button>
      </div>
    </form>
  </${Dialog}>`;
}

export const Trouble = ({ error }) => html`<p class="said-bad" role="alert"><strong>✕</strong><span>${error.message}</span></p>`;

/**
 * What `preview` says of `request`, as {found} or {error}: nothing while it is not known, for what was said of another
 * request, or came late, counts no more. Beside it, how to say an error. `watched`: when to look again; `delayMs`: while
 * somebody types.
 */
export function usePreview(preview, request, { watched = [], delayMs = 0 } = {}) {
  const key = JSON.stringify(request);
  const [seen, setSeen] = useState({});
  useEffect(() => {
    let isCurrent = true;
    const say = (answer) => isCurrent && setSeen({ key, ...answer });
    const timer = setTimeout(() => preview().then((found) => say({ found }), (error) => say({ error })), delayMs);
    return () => (clearTimeout(timer), (isCurrent = false));
  }, [key, ...watched]);
  return [seen.key === key ? seen : {}, (error) => setSeen({ key, error })];
}

/**
 * Asks before something goes. `preview` resolves with {affected, text}: how many messages, and what becomes of them.
 * Beyond a thousand the name has to be typed.
 */
export function Confirm({ title, name, action, preview, act, commands, onClose, children, watched = [] }) {
  const [{ found, error }] = usePreview(preview, watched);
  const [typed, setTyped] = useState("");
  const mustType = found?.affected > TYPED_ABOVE;
  return html`<${FormDialog} title=${title} action=${action} danger submit=${act} commands=${commands} onClose=${onClose}
      disabled=${!found || (mustType && typed !== name)}>
    ${children}
    ${error ? html`<${Trouble} error=${error} />` : html`<p data-testid="preview" aria-live="polite">${found ? html`<strong>${count(found.affected)}</strong> ${found.text}` : "Counting …"}</p>`}
    ${mustType && html`<label class="field"><span>Type <strong>${name}</strong> to go on</span>
      <input data-testid="type-name" autocomplete="off" value=${typed} onInput=${(event) => setTyped(event.target.value)} /></label>`}
  </${FormDialog}>`;
}
