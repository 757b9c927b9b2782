// The broker at a glance: is it well, what comes and goes, who is behind.
import { html } from "../core/html.js";
import { get, usePoll, world } from "../core/api.js";
import { bytes, count, milliseconds, span } from "../core/format.js";
import { href } from "../core/router.js";
import { cutOf, Empty, Figure, Head } from "../parts/bits.js";
import { cmd } from "../parts/dialog.js";
import { BrokerRates } from "../parts/rates.js";
import { Depth, Kind } from "../parts/state.js";

const TOP = 6;
const sum = (list, of) => list.reduce((n, one) => n + (of(one) ?? 0), 0);

export function Page() {
  const { topics, queues, groups, at, more, refused } = world.value;
  const known = (text, ...parts) => (parts.some((part) => refused[part]) ? "–" : parts.some((part) => more[part]) ? `≥ ${text}` : text);
  const none = (part, text) => refused[part]?.message ?? (more[part] ? "None among those that were looked at." : text);
  const about = usePoll(async () => {
    const [server, health] = await Promise.all([get("/v1"), get("/readyz?verbose").catch((problem) => problem.body)]);
    return { server, health };
  }, 2_000);
  if (!about.data || at === 0) return null;
  const { server, health } = about.data;
  const disk = health.checks?.find(({ name }) => name === "disk");
  const isWell = health.status === "ok";
  const waiting = [...queues].filter(({ messages }) => messages.ready > 0).sort((a, b) => b.messages.ready - a.messages.ready);
  const behind = [...groups].filter(({ lag }) => lag?.count > 0).sort((a, b) => b.lag.count - a.lag.count);
  const letters = new Set(queues.map(({ dead_letter: to }) => to).filter(Boolean));
  const dead = queues.filter(({ name, messages }) => messages.dead > 0 || (letters.has(name) && messages.ready > 0));
  return html`<${Head} title="Overview" kind=${html`<${Kind} kind=${isWell ? "good" : "bad"}>${isWell ? "✓ well" : health.status ?? "not well"}</${Kind}>`}
      under=${html`<span>version ${server.version}</span><span>up ${span(Date.now() - new Date(server.started))}</span>${cutOf("topics", "queues", "groups")}`} />
    ${(health.checks ?? []).filter(({ ok }) => !ok).map(({ name, detail }) => html`<p key=${name} class="said-bad" role="alert"><strong>✕ ${name}</strong> ${detail}</p>`)}
    <dl class="figures">
      <${Figure} title="Topics" value=${known(count(topics.length), "topics")} note=${`${count(sum(topics, ({ records }) => records))} records`} />
      <${Figure} title="Queues" value=${known(count(queues.length), "queues")} note=${`${count(sum(queues, ({ messages }) => messages.ready))} ready`} />
      <${Figure} title="In flight" value=${known(count(sum(queues, ({ messages }) => messages.in_flight)), "queues")} note="messages with workers" />
      <${Figure} title="Dead" value=${known(count(sum(queues, ({ messages }) => messages.dead)), "queues")} state=${sum(queues, ({ messages }) => messages.dead) > 0 && "bad"} note="received too often" />
      <${Figure} title="Groups" value=${known(count(groups.length), "groups")} note=${`${count(sum(groups, ({ members }) => members.length))} members`} />
      <${Figure} title="Kept in topics" value=${known(bytes(sum(topics, (topic) => topic.bytes)), "topics")} note=${disk?.detail} />
    </dl>
    <${BrokerRates} />
    ${topics.length + queues.length === 0 && !refused.topics && !refused.queues && html`<${Empty} title="Nothing here yet" command=${`curl -X PUT${cmd.auth()} ${location.origin}/v1/topics/orders`}>
      Write an event once, and read it as a queue, as a log, or as both. The <a href=${href(["kitchen"])}>Kitchen</a> shows how that looks; or begin with a topic:</${Empty}>`}
    <div class="grid">
      <${Top} title="Queues with most waiting" link="queues" none=${none("queues", "No queue has messages that wait.")} rows=${waiting.slice(0, TOP)} row=${(queue) => html`<td><a class="name" href=${href(["queues", queue.name])}>${queue.name}</a></td>
        <td><${Depth} messages=${queue.messages} /></td><td class="num">${count(queue.messages.ready)} <span class="quiet">ready</span></td>`} />
      <${Top} title="Groups with most to read" link="groups" none=${none("groups", "Every group has read everything.")} rows=${behind.slice(0, TOP)} row=${(group) => html`<td><a class="name" href=${href(["groups", group.name])}>${group.name}</a></td>
        <td class="num soft">${span(milliseconds(group.lag.age))} <span class="quiet">behind</span></td><td class="num">${count(group.lag.count)} <span class="quiet">records</span></td>`} />
      <${Top} title="Dead letters" link="queues" none=${none("queues", "No dead letters anywhere.")} rows=${dead.slice(0, TOP)} row=${(queue) => html`<td><a class="name" href=${href(["queues", queue.name], { tab: queue.messages.dead > 0 ? "redrive" : "" })}>${queue.name}</a></td>
        <td class="soft">${letters.has(queue.name) ? "dead letter queue" : "kept in the queue"}</td><td class="num"><span class="state s-dead">${count(queue.messages.dead || queue.messages.ready)}</span></td>`} />
      <${Top} title="Largest topics" link="topics" none=${none("topics", "No topics yet.")} rows=${[...topics].sort((a, b) => b.bytes - a.bytes).slice(0, TOP)} row=${(topic) => html`<td><a class="name" href=${href(["topics", topic.name])}>${topic.name}</a></td>
        <td class="num soft">${count(topic.records)} <span class="quiet">records</span></td><td class="num">${bytes(topic.bytes)}</td>`} />
    </div>`;
}

function Top({ title, link, rows, row, none }) {
  return html`<section class="card"><div class="title"><h2>${title}</h2><a href=${href([link])}>All</a></div>
    ${rows.length === 0 ? html`<p class="in quiet">${none}</p>` : html`<div class="table"><table aria-label=${title}><tbody>${rows.map((one) => html`<tr key=${one.name}>${row(one)}</tr>`)}</tbody></table></div>`}</section>`;
}
