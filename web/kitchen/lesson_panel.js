// The lesson that is given: what to look at, and back and on.
import { html, useEffect, useRef } from "../core/html.js";
import { Copy } from "../parts/dialog.js";

export const TITLES = ["One order, two ways", "Share the work, or everyone reads", "A cook crashes, a reader crashes", "The analytics team arrives late", "Replay yesterday", "The burnt order", "Same table, same order", "Forgetting"];

export function LessonPanel({ player, onClose }) {
  const stage = player.stage.value;
  const text = useRef();
  useEffect(() => {
    const marked = stage?.lesson.steps[stage.step]?.highlight;
    const found = marked ? [...document.querySelectorAll("[data-region]")].filter(({ dataset }) => marked.split(" ").includes(dataset.region)) : [];
    for (const element of found) element.classList.add("lit");
    return () => found.forEach((element) => element.classList.remove("lit"));
  }, [stage?.number, stage?.step]);
  if (!stage) return null;
  const { lesson, number, step, state, isAuto, trouble } = stage;
  const { say = "One moment …" } = lesson.steps[step] ?? {};
  const isLast = step === lesson.steps.length - 1;
  return html`<section class="lesson" aria-label=${`Lesson ${number}: ${lesson.title}`} data-testid="lesson" data-state=${state} data-step=${step}>
    <header><span class="lesson-no">Lesson ${number} of ${TITLES.length}</span><h2>${lesson.title}</h2>
      <ol class="dots" aria-label=${`Step ${step + 1} of ${lesson.steps.length}`}>${lesson.steps.map((one, i) => html`<li key=${i} class=${i === step ? "at" : i < step ? "past" : ""}></li>`)}</ol>
      <button class="btn plain mini push" onClick=${onClose}>End the lesson</button></header>
    <div class="lesson-in"><p ref=${text} class="lesson-say" aria-live="polite">${say}</p>
      <div class="row"><button class="btn mini" disabled=${step <= 0 || state === "doing"} onClick=${() => player.back()}>← Back</button>
        <button class="btn mini main" disabled=${state !== "ready" || isLast} onClick=${() => player.next()}>${state === "doing" || state === "preparing" ? "Watch …" : "Next →"}</button>
        <button class="btn mini" aria-pressed=${isAuto} onClick=${() => player.auto(!isAuto)}>Auto</button></div></div>
    ${trouble && html`<p class="said-bad" role="alert">✕ ${trouble}</p>`}
    ${state === "over" && html`<div class="lesson-end"><p><strong>${lesson.lesson}</strong></p><p class="row"><span class="quiet">Try it from your terminal:</span><code class="code">${lesson.terminal.replaceAll("{origin}", location.origin)}</code><${Copy} text=${lesson.terminal.replaceAll("{origin}", location.origin)} /></p></div>`}
  </section>`;
}
