// The kitchen: the same orders as a queue and as a log, side by side, as the broker tells it.
import { html, useEffect, useMemo, useState } from "../core/html.js";
import { choose, route } from "../core/router.js";
import { Segments } from "../parts/bits.js";
import { Confirm } from "../parts/dialog.js";
import { sayError } from "../parts/toast.js";
import { Book, Rail, Strip } from "./bands.js";
import { Card, Tables, Terminal, Ticker } from "./below.js";
import { LessonPanel, TITLES } from "./lesson_panel.js";
import { Player } from "./lesson.js";
import { LETTERS, Session } from "./session.js";
import { TABLES } from "./staff.js";

const SPEEDS = [["0.5", "½×"], ["1", "1×"], ["2", "2×"], ["4", "4×"]];

export function Page() {
  const { query } = route.value;
  const [session, player] = useMemo(() => {
    const place = Object.fromEntries(["topic", "queue"].filter((name) => query[name]).map((name) => [name, query[name]]));
    const one = new Session(place);
    return [one, new Player(one)];
  }, []);
  useEffect(() => {
    session.look();
    if (query.lesson) teach(session, player);
    return () => (player.end(), session.end());
  }, []);
  useEffect(() => session.speed(Number(query.speed ?? 1)), [query.speed]);
  useKeys(session, player);
  const isTable = query.view === "table";
  const status = session.status.value;
  return html`<div class="kitchen">
    <${Waiting} session=${session} player=${player} /><${Question} session=${session} />
    ${status === "lost" && html`<p class="lost-bar" role="alert"><strong class="warn">The stream is interrupted.</strong> Below is the last that was seen. Trying again …</p>`}
    ${status === "refused" && html`<p class="lost-bar" role="alert"><strong class="warn">The key may not look on here.</strong> What happens cannot be shown.</p>`}
    <${LessonPanel} player=${player} onClose=${() => (player.end(), choose({ lesson: "", autoplay: "" }))} />
    ${isTable ? html`<${Tables} session=${session} />` : html`<div class="halves"><${Rail} session=${session} /><${Book} session=${session} /></div><${Strip} session=${session} />`}
    <div class="below"><${Ticker} session=${session} /><${Card} session=${session} /><${Terminal} session=${session} /></div></div>`;
}

function teach(session, player, number = Number(route.value.query.lesson)) {
  const { autoplay, speed } = route.value.query;
  player.begin(number, { isAuto: autoplay === "1", speed: Number(speed ?? 1) }).catch(sayError)
    .finally(() => player.stage.value || choose({ lesson: "", autoplay: "" }));
}

/** Before anything is deleted that this page did not make. */
function Question({ session }) {
  const asked = session.question.value;
  if (!asked) return null;
  const { name, affected, text, answer } = asked;
  return html`<${Confirm} key=${text} title="Delete these, and begin anew?" name=${name} action="Delete and begin" preview=${async () => ({ affected, text })}
    act=${async () => answer(true)} onClose=${() => answer(false)} />`;
}

function Waiting({ session, player }) {
  const { query } = route.value;
  const { rate, table, burnt } = session.waiter.shown.value;
  const { isAttached } = session.place.value;
  const number = player.stage.value?.number ?? "";
  const lesson = (event) => {
    const chosen = event.target.value;
    choose({ lesson: chosen }, {});
    if (chosen) teach(session, player, Number(chosen));
    else player.end();
  };
  const toggle = (own) => session.attach(own === "attached").catch(sayError);
  const [isResetting, setResetting] = useState(false);
  const reset = () => {
    setResetting(true);
    session.reset().catch(sayError).finally(() => setResetting(false));
  };
  return html`<header class="waiter" data-region="waiter"><h1>Kitchen</h1>
    <button class="btn main" onClick=${() => session.waiter.take()} data-testid="take" title="space">Take order</button>
    <button class="btn" onClick=${() => session.waiter.take(10)}>Rush ×10</button>
    <label class="slow inline-slow"><span>rate <b>${rate}</b>/s</span><input type="range" min="0" max="50" value=${rate} aria-label="Orders a second" onInput=${(event) => session.waiter.set({ rate: Number(event.target.value) })} /></label>
    <select aria-label="Table" value=${table} onChange=${(event) => session.waiter.set({ table: Number(event.target.value) })}><option value="0">any table</option>${TABLES.map((n) => html`<option key=${n} value=${n}>table ${n}</option>`)}</select>
    <label class="check"><input type="checkbox" checked=${burnt} onChange=${(event) => session.waiter.set({ burnt: event.target.checked })} />burns</label>
    <span class="push"></span>
    <${Segments} label="The queue's log" options=${[["attached", "attached"], ["own", "own log"]]} value=${isAttached ? "attached" : "own"} onChange=${toggle} />
    <${Segments} label="View" options=${[["", "drawn"], ["table", "table"]]} value=${query.view ?? ""} onChange=${(view) => choose({ view })} />
    <select aria-label="Speed" value=${query.speed ?? "1"} onChange=${(event) => choose({ speed: event.target.value === "1" ? "" : event.target.value })}>${SPEEDS.map(([id, title]) => html`<option key=${id} value=${id}>${title}</option>`)}</select>
    <select aria-label="Lesson" class="lessons" value=${number} onChange=${lesson}><option value="">Lessons …</option>${TITLES.map((title, i) => html`<option key=${i} value=${i + 1}>${i + 1} ${title}</option>`)}</select>
    <button class="btn" onClick=${reset} disabled=${isResetting} data-testid="reset">Reset</button></header>`;
}

/** space: an order; 1-4: a cook crashes, or starts; with shift a reader; arrows: the lesson's steps. */
function useKeys(session, player) {
  useEffect(() => {
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) return;
      if (event.key === " " && !event.target.closest("button, a")) session.waiter.take();
      else if (event.key === "ArrowRight") player.next();
      else if (event.key === "ArrowLeft") player.back();
      else if (/^Digit[1-4]$/.test(event.code)) switchOver(event.shiftKey ? session.reader(LETTERS[event.code[5] - 1]) : session.cook(LETTERS[event.code[5] - 1]));
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

const switchOver = (one) => (["off", "crashed"].includes(one.state) ? one.start() : one.crash());
