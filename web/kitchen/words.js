// Events in the words of the kitchen, and the rule that each shows. Pure functions.
const ORDINALS = ["", "1st", "2nd", "3rd"];
const nth = (n) => ORDINALS[n] ?? `${n}th`;
const name = (who) => (who ? who.replace(/^cook-(\w)$/, (all, letter) => `cook ${letter.toUpperCase()}`) : "somebody");
const reader = (group) => (/-readers$/.test(group) ? "the shared readers" : group.replace(/^.*-reader-(\w)$/, (all, letter) => `reader ${letter.toUpperCase()}`));

const SAYS = {
  appended: ({ offset, key }) => `order ${offset} is written${key ? ` (${key})` : ""}`,
  delivered: ({ offset, consumer, receives }) => `${name(consumer)} took order ${offset}${receives > 1 ? ` (${nth(receives)} try)` : ""}`,
  acked: ({ offset }) => `order ${offset} is done, its slip is torn`,
  nacked: ({ offset }) => `order ${offset} was given back`,
  expired: ({ offset }) => `time is up for order ${offset}: back on the rail`,
  released: ({ offset }) => `order ${offset} was let go`,
  extended: ({ offset }) => `order ${offset} got more time`,
  delayed: ({ offset }) => `order ${offset} waits a while`,
  ready: ({ offset }) => `order ${offset} may be taken now`,
  revived: ({ offset }) => `order ${offset} is back among the waiting`,
  dead_lettered: ({ offset, to }) => `order ${offset} failed too often: ${to ? `to ${to}` : "kept as burnt"}`,
  moved: ({ offset, to }) => `order ${offset} went to ${to}`,
  queue_trimmed: ({ offset, start_offset: start = offset }) => `the rail forgot everything before ${start}`,
  committed: ({ group, offset }) => `${reader(group)} has read up to page ${offset - 1}`,
  positioned: ({ group, offset }) => `${reader(group)} was moved to page ${offset}`,
  joined: ({ group }) => `${reader(group)} began to read`,
  left: ({ group }) => `${reader(group)} went away`,
  retention: ({ start_offset: start }) => `retention tore the pages before ${start}`,
  attached: ({ queue }) => `queue ${queue} is there`,
  detached: ({ queue }) => `queue ${queue} is gone`,
  purged: () => "the rail was emptied",
};

export const sentence = (event) => SAYS[event.type]?.(event) ?? "";

const RULES = {
  appended: "Written once. The rail and the book show the same record.",
  delivered: "A message in flight is hidden from the other cooks.",
  acked: "An ack ends the message. The page stays in the book.",
  expired: "No ack in time: the message is ready again.",
  nacked: "Given back: somebody else may take it at once.",
  dead_lettered: "Received too often: set aside, so that others go on.",
  committed: "A reader commits its place. The page does not change.",
  positioned: "A group can be moved: the pages are still there.",
  retention: "A log forgets by age or size, not by reading.",
  revived: "Replay: an ack is a mark beside the record, not its end.",
  rebalanced: "Members of one group share the partitions.",
};

export const rule = ({ type }) => RULES[type];
