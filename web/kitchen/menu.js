// What is ordered, and by whom. Pure.
export const TABLES = [1, 2, 3, 4, 5, 6];
const DISHES = ["ramen", "gnocchi", "dal", "tacos", "pho", "risotto", "bibimbap", "falafel", "paella", "goulash"];
let next = 0;

/** An order as it is published: its key is the table, so that one table's orders stay in their order. */
export function order({ table, dish, burnt = false } = {}) {
  next += 1;
  const at = table ?? TABLES[next % TABLES.length];
  return { key: `table-${at}`, value: { dish: dish ?? DISHES[next % DISHES.length], table: at, ...(burnt && { burnt: true }) } };
}

/** The parts of a preview that a slip shows; a record that is none of ours shows its beginning. */
export function readOrder({ preview = "", key }) {
  try {
    const { dish, table, burnt } = JSON.parse(preview);
    if (dish !== undefined) return { dish: String(dish).slice(0, 24), table, burnt: burnt === true };
  } catch {
    // text, bytes, or JSON that was cut
  }
  return { dish: preview.slice(0, 24) || "…", table: String(key ?? "").slice(0, 12), burnt: false };
}
