// What is shown instead of a page while the broker asks for a key.
import { post, TICKETS } from "../core/api.js";
import { html, useEffect, useRef, useState } from "../core/html.js";
import { enter, forget, hasKey, needed } from "../core/key.js";
import { Trouble } from "./dialog.js";

export function KeyForm() {
  const field = useRef();
  const [isKept, setKept] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState();
  useEffect(() => field.current.focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await enter(field.current.value.trim(), { isKept, check: () => post(TICKETS) });
    } catch (problem) {
      field.current.value = "";
      field.current.focus();
      setError(problem);
      setBusy(false);
    }
  };
  const trouble = error ?? (needed.value && new Error(needed.value));
  return html`<form class="card key-form" onSubmit=${submit} data-testid="key-form"><div class="in stack"><h1>This broker asks for a key</h1>
    <p class="soft">It decides what these pages may show and do. Whoever runs the broker makes one: <code>twofold key create NAME --allow 'inspect *'</code></p>
    <label class="field"><span>Key</span><input ref=${field} type="password" name="key" autocomplete="off" spellcheck="false" required placeholder="tk_…" /></label>
    <label class="check"><input type="checkbox" checked=${isKept} onChange=${(event) => setKept(event.target.checked)} />Remember it until this tab is closed</label>
    ${!isSecureContext && html`<p class="small warn">This connection is not encrypted: whoever is on the way can read the key.</p>`}
    ${trouble && html`<${Trouble} error=${trouble} />`}
    <div class="row"><button type="submit" class="btn main" disabled=${isBusy}>Continue</button></div></div></form>`;
}

export const Forget = () => hasKey.value && html`<button class="btn plain mini" onClick=${forget}>Forget the key</button>`;
