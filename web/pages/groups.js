// Every group: who reads for it, and how far it is behind.
import { html } from "../core/html.js";
import { bytes, count, milliseconds, span } from "../core/format.js";
import { href, route } from "../core/router.js";
import { world } from "../core/world.js";
import { Empty, Filter, Head } from "../parts/bits.js";
import { cmd, Command } from "../parts/command.js";
import { Kind } from "../parts/state.js";
import { Table } from "../parts/table.js";

const MEANS = { Stable: "good", Empty: "plain", PreparingRebalance: "warn", CompletingRebalance: "warn" };

export const GroupState = ({ state }) => html`<${Kind} kind=${MEANS[state] ?? "plain"}>${state === "Empty" ? "no members" : state.toLowerCase()}</${Kind}>`;

const columns = [
  { id: "name", title: "Group", value: ({ name }) => name, cell: ({ name }) => html`<a class="name" href=${href(["groups", name])}>${name}</a>` },
  { id: "state", title: "State", value: ({ state }) => state, cell: ({ state }) => html`<${GroupState} state=${state} />` },
  { id: "members", title: "Members", num: true, value: ({ members }) => members.length, cell: ({ members }) => count(members.length) },
  { id: "topics", title: "Topics", cell: ({ topics }) => html`<span class="row">${topics.map((topic) => html`<a key=${topic} href=${href(["topics", topic], { tab: "readers" })}><${Kind} kind="log">${topic}</${Kind}></a>`)}</span>` },
  { id: "lag", title: "Lag", num: true, value: ({ lag }) => lag?.count, cell: ({ lag }) => count(lag?.count) },
  { id: "bytes", title: "Bytes", num: true, value: ({ lag }) => lag?.bytes, cell: ({ lag }) => bytes(lag?.bytes) },
  { id: "age", title: "Oldest unread", num: true, value: ({ lag }) => lag?.seconds, cell: ({ lag }) => (lag?.count > 0 ? span(milliseconds(lag.age)) : html`<span class="quiet">–</span>`) },
];

export function Page() {
  const { groups, at } = world.value;
  const wanted = (route.value.query.filter ?? "").toLowerCase();
  const rows = groups.filter(({ name }) => name.toLowerCase().includes(wanted));
  const empty = wanted ? html`<${Empty} title="No group matches" />` : at > 0 && html`<${Empty} title="No groups yet" command="twofold consume orders -g analytics">
    A group remembers how far its readers got in a topic, and shares the partitions out among them. It is there once somebody reads for it:</${Empty}>`;
  return html`<${Head} title="Groups"><${Filter} label="Filter groups by name" /><${Command} commands=${cmd.listGroups()} /></${Head}>
    <${Table} label="Groups" testid="groups" columns=${columns} rows=${rows} rowKey=${({ name }) => name} sort="-lag" empty=${empty} />`;
}
