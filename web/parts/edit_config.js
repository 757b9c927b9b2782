// Settings as JSON, and only what was changed of them is sent.
import { html, useState } from "../core/html.js";
import { FormDialog } from "./dialog.js";

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
