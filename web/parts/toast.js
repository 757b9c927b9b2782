// Short words about what was done, or why not.
import { html, signal } from "../core/html.js";
import { mayNot } from "../core/key.js";

const SHOWN_MS = 6_000;
const toasts = signal([]);
let next = 1;

export function say(text, { bad = false } = {}) {
  const id = next++;
  toasts.value = [...toasts.value.slice(-3), { id, text, bad }];
  if (!bad) setTimeout(() => dismiss(id), SHOWN_MS);
}

export const sayError = (error) => say(mayNot(error.message), { bad: true });

const dismiss = (id) => (toasts.value = toasts.value.filter((toast) => toast.id !== id));

export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map(({ id, text, bad }) => html`<div key=${id} class=${bad ? "toast bad" : "toast"}>
      <span>${text}</span><button class="push" onClick=${() => dismiss(id)}>Dismiss</button></div>`)}
  </div>`;
}
