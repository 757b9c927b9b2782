import { html } from "../core/html.js"; export const Page = () => html`<h1>soon</h1>`;
