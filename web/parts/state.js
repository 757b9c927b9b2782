// States of messages: a shape, a word and a colour for each. And what kind of thing a name is.
import { html } from "../core/html.js";
import { count } from "../core/format.js";

export const STATES = ["ready", "in_flight", "delayed", "blocked", "dead"];
export const WORDS = { ready: "Ready", in_flight: "In flight", delayed: "Delayed", blocked: "Blocked", dead: "Dead", acked: "Acked", waiting: "Waiting" };

const SHAPES = {
  ready: html`<circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" />`,
  in_flight: html`<path d="M3 1.8 10.2 6 3 10.2Z" fill="currentColor" />`,
  delayed: html`<circle cx="6" cy="6" r="4.6" fill="none" stroke="currentColor" stroke-width="1.4" /><path d="M6 3.4V6l1.9 1.2" fill="none" stroke="currentColor" stroke-width="1.4" />`,
  blocked: html`<rect x="2" y="2" width="8" height="8" fill="none" stroke="currentColor" stroke-width="1.6" /><path d="M2.5 9.5l7-7" stroke="currentColor" stroke-width="1.6" />`,
  dead: html`<path d="M2.4 2.4l7.2 7.2M9.6 2.4 2.4 9.6" stroke="currentColor" stroke-width="2" />`,
  acked: html`<path d="M1.8 6.4 4.8 9.3 10.2 3" fill="none" stroke="currentColor" stroke-width="1.9" />`,
};

export const Shape = ({ state }) => html`<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">${SHAPES[state]}</svg>`;

export const State = ({ state, children }) =>
  html`<span class=${`state s-${state}`} data-state=${state}><${Shape} state=${state} />${children ?? WORDS[state] ?? state}</span>`;

/** How a queue's messages divide: widths are shares, counts are in the title. */
export function Depth({ messages }) {
  const total = STATES.reduce((sum, state) => sum + (messages[state] ?? 0), 0);
  const title = STATES.filter((state) => messages[state] > 0).map((state) => `${count(messages[state])} ${WORDS[state].toLowerCase()}`).join(", ") || "empty";
  return html`<div class="depth" role="img" aria-label=${title} title=${title}>
    ${total > 0 && STATES.filter((state) => messages[state] > 0).map((state) => html`<i key=${state} class=${`s-${state}`} style=${{ flex: messages[state] }}></i>`)}
  </div>`;
}

export const Kind = ({ kind, children }) => html`<span class=${`kind ${kind}`}>${children}</span>`;
