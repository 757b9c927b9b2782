import { html } from "../core/html.js";
export const Rates = () => null;
