// A table that sorts by its columns; what is sorted by is part of the address.
import { html, useState } from "../core/html.js";
import { choose, route } from "../core/router.js";
import { count } from "../core/format.js";

const ROWS_MAX = 200;

/**
 * columns: {id, title, num, value(row), cell(row)}; `value` makes it sortable. rows: with `key(row)`.
 * `sort` is the column at first, with "-" for the greatest first.
 */
export function Table({ label, columns, rows, rowKey, sort, empty, query = "sort", testid }) {
  const [shown, setShown] = useState(ROWS_MAX);
  const by = route.value.query[query] ?? sort;
  const column = columns.find(({ id }) => id === by?.replace(/^-/, ""));
  const sorted = column?.value ? [...rows].sort(compare(column.value, by.startsWith("-") ? -1 : 1)) : rows;
  if (rows.length === 0 && empty) return empty;
  return html`<div class="table" data-testid=${testid} tabindex="0" role="region" aria-label=${label}><table aria-label=${label}>
    <thead><tr>${columns.map((one) => html`<${Head} key=${one.id} column=${one} by=${by} query=${query} />`)}</tr></thead>
    <tbody>${sorted.slice(0, shown).map((row) => html`<tr key=${rowKey(row)} data-name=${rowKey(row)}>
      ${columns.map(({ id, num, cell }) => html`<td key=${id} class=${num && "num"}>${cell(row)}</td>`)}</tr>`)}</tbody>
  </table></div>
  ${sorted.length > shown && html`<button class="btn" onClick=${() => setShown(shown + 1_000)}>Show more: ${count(sorted.length - shown)} not shown</button>`}`;
}

function Head({ column: { id, title, num, value }, by, query }) {
  const direction = by === id ? "ascending" : by === `-${id}` ? "descending" : undefined;
  const next = direction === "descending" ? id : direction === "ascending" ? `-${id}` : num ? `-${id}` : id;
  return html`<th scope="col" class=${num && "num"} aria-sort=${direction}>
    ${value ? html`<button onClick=${() => choose({ [query]: next })}>${title}</button>` : title}</th>`;
}

function compare(value, direction) {
  return (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return 0;
    if (x === undefined || x === null) return 1;
    if (y === undefined || y === null) return -1;
    return (x < y ? -1 : 1) * direction;
  };
}
