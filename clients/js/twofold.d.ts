// The contract of twofold.js. Durations are texts like "30s" or numbers of seconds, unless their name
// says Ms; what crosses the wire keeps the names it has there.

/**
 * Connects and says hello. Rejects when that fails; from then on the client comes back by itself after
 * every lost connection, with growing and scattered pauses or after what the broker asked for, until
 * close(), drain(), or a refusal that would come again (closed, below).
 */
export function connect(url: string | URL, options?: ConnectOptions): Promise<Client>;

/** An AbortSignal that the process's first SIGTERM or SIGINT aborts (Node.js). */
export function stopSignal(...names: string[]): AbortSignal;

export interface ConnectOptions {
  /** A token, or how to get one: asked before every session. */
  token?: string | (() => string | Promise<string>);
  /** What the broker's pages call this client. */
  client?: string;
  /** How often the broker shows signs of life; three times as long without one is a lost connection. */
  heartbeat?: Duration;
  /** Where there is none: that of the npm package ws, for instance. */
  WebSocket?: unknown;
  /** Aborted: the client drains. */
  signal?: AbortSignal;
  /**
   * Numbers every record that is published to a topic, so that a publish whose answer was lost is
   * repeated by the client and stored once. Such publishes go out one at a time: put many records into
   * each. `epoch` is higher with each run, or `seq` goes on where the last run ended.
   */
  producer?: { id: string; epoch?: number; seq?: number };
}

export interface Client {
  /** What the broker said last on welcoming this client; `publish_window` and `limits` are in it. */
  readonly welcome: { session: string; publish_window: { frames: number; bytes: number }; [more: string]: unknown };
  /** Resolves with the reason when the client is closed for good, by whomever. */
  readonly closed: Promise<Error>;

  /**
   * Resolves with the places of the records once they are as durable as asked for; all of them are, or
   * none. Goes out in the order of the calls, as soon as the publish window has room and there is a
   * connection.
   * Rejects with Refused, or with UnknownOutcome when the connection was lost meanwhile.
   */
  publish(topic: string, records: NewRecord | NewRecord[], options?: PublishOptions): Promise<Place[]>;
  /** The same for messages of a queue that has a log of its own. */
  send(queue: string, messages: NewRecord | NewRecord[], options?: PublishOptions): Promise<Place[]>;
  /** Resolves when a publish would go out at once: awaited before each, it keeps memory small. */
  writable(): Promise<void>;
  /**
   * Publishes, acks and commits offsets, all or nothing (POST /v1/commit). Resolves once that is on disk,
   * rejects as publish() does. After `member-fenced` or UnknownOutcome forget the result and go on with the
   * subscriptions whose offsets were to be committed: what is not committed comes again.
   */
  transact(transaction: Transaction): Promise<{ committed: true; [more: string]: unknown }>;

  /** Resolves once the broker has accepted it, rejects with Refused. */
  subscribe(options: GroupOptions): Promise<GroupSubscription>;
  subscribe(options: TopicOptions): Promise<TopicSubscription>;
  subscribe(options: QueueOptions): Promise<QueueSubscription>;

  /**
   * Hands out nothing more, lets loops end, waits until what is in hand is processed, settled and
   * answered, gives the rest back and closes. Resolves with false when that took longer than `timeout`
   * (in milliseconds, 20,000 unless said).
   */
  drain(options?: { timeout?: number }): Promise<boolean>;
  /** Closes now. Loops end, publishes without an answer reject. */
  close(): Promise<void>;

  on(name: "connected", handler: (welcome: Client["welcome"]) => void): this;
  on(name: "disconnected", handler: (why: { code: number; reason: string }) => void): this;
  on(name: "goaway", handler: (frame: { reason: string; deadline: string; reconnect_after: string }) => void): this;
  /** A refusal of something that nobody waits for. */
  on(name: "error", handler: (error: Refused) => void): this;
}

export type Duration = string | number;
export type Durability = "disk" | "os" | "memory";
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Text = string | { base64: string };

/** One of value, text and bytes. A Uint8Array goes as base64. */
export interface NewRecord {
  key?: Text | Uint8Array;
  value?: unknown;
  text?: string;
  bytes?: string | Uint8Array;
  headers?: Record<string, Text | Uint8Array>;
  content_type?: string;
  timestamp?: string;
  partition?: number;
  dedup_id?: string;
  group?: string;
  delay?: Duration;
  deliver_at?: string;
  ttl?: Duration;
  producer?: { id: string; epoch: number; seq: number };
}

export interface PublishOptions {
  durability?: Durability;
  expect?: { last_seq?: number; key_last?: string | null };
}

/** As POST /v1/commit takes it. */
export interface Transaction {
  publish?: ({ expect?: PublishOptions["expect"] } &
    ({ topic: string; records: NewRecord[] } | { queue: string; messages: NewRecord[] }))[];
  ack?: { queue: string; receipts: string[] }[];
  /**
   * A subscription stands for all that it has handed out and not committed. An entry of a group that this
   * client is a member of needs no `member`.
   */
  offsets?: (GroupSubscription | { group: string; member?: string; offsets: Record<string, Record<string, number>> })[];
}

export interface Place {
  id: string;
  partition: number;
  offset: number;
  seq: number;
  /** It was stored before: this is where. */
  duplicate?: boolean;
}

export interface TopicRecord {
  id: string;
  /** Of a message only when its queue is attached to a topic. */
  topic?: string;
  partition: number;
  offset: number;
  seq: number;
  timestamp: string;
  key?: Text;
  value?: Json;
  text?: string;
  bytes?: string;
  content_type?: string;
  headers?: Record<string, Text>;
}

export interface Message extends TopicRecord {
  receipt: string;
  receive_count: number;
  visible_at: string;
  /**
   * Done for good. Resolves once that is on disk. After a lost connection it is asked again on the next
   * one: "already" means that it was acked before, "stale" that the message is somebody else's by now.
   */
  ack(): Promise<"acked" | Unsettled>;
  /** Not done: again at once, after `delay`, or never. */
  nack(options?: { delay?: Duration; reason?: string; dead?: boolean; park?: string }): Promise<"ok" | Unsettled>;
  /** Needs longer. */
  extend(visibility_timeout: Duration): Promise<"ok" | Unsettled>;
}
export type Unsettled = "already" | "stale" | "unknown";

/**
 * How much the broker may send ahead. Numbers: so much that is not processed (topics) or settled
 * (queues), given back as that happens; with `replenish: "manual"` only grant() adds to it. "auto": as
 * fast as the socket takes it, into this client's memory. 1,000 records or 10 messages unless said.
 */
export type Credit = "auto" | { messages?: number; bytes?: number; replenish?: "manual" };

interface SubscribeOptions {
  filter?: string;
  credit?: Credit;
  max_batch?: number;
}
export interface TopicOptions extends SubscribeOptions {
  topic: string;
  /** An offset, a time, "earliest", "latest" (unless said) or "-15m". */
  from?: string | number;
  /** A cursor, instead of `from`. */
  resume?: string;
  order?: "partition" | "total";
}
export interface GroupOptions extends Omit<TopicOptions, "resume"> {
  /** Shares the topic's partitions with the group's other members; `from` counts where it has committed nothing. */
  group: string;
  /** How long this member may take to commit what goes to another one: 1 s to 30 min. */
  session?: Duration;
  /**
   * Called between two records, when nothing more of these partitions will be handed out: the time to commit.
   * The next record waits for it, and next() rejects with what it throws. Without `commit_by` they went with
   * the connection: throw away what is not committed, it comes again.
   */
  onRevoked?(revoked: { partitions: number[]; commit_by?: string }, subscription: GroupSubscription): unknown;
}
export interface QueueOptions extends SubscribeOptions {
  queue: string;
  visibility_timeout?: Duration;
  ack?: "explicit" | "on_send";
}

/**
 * One consumer's stream: `for await (const item of subscription)`. What was handed out counts as
 * processed when the next is asked for. Leaving the loop ends the subscription.
 */
export interface Subscription<Item> extends AsyncIterableIterator<Item> {
  /** How many wait behind the broker's position, as of the last heartbeat. */
  readonly lag?: number;
  next(): Promise<IteratorResult<Item, undefined>>;
  return(): Promise<IteratorResult<Item, undefined>>;
  /** Adds to the credit. */
  grant(messages: number, bytes?: number): void;
  /** Ends it. Messages in flight go back at once, or with `release: false` when their time is over. */
  unsubscribe(options?: { release?: boolean }): Promise<void>;

  /** The live end is reached. */
  on(name: "caught_up", handler: (frame: { cursor: string }) => void): this;
  on(name: "heartbeat", handler: (state: { lag: { count: number }; cursor?: string }) => void): this;
  /** Retention took records before they were read. Goes to console.warn when nobody listens. */
  on(name: "gap", handler: (frame: { partition: number; from: number; to: number }) => void): this;
  /** Receipts that hold nothing any more. Goes to console.warn when nobody listens. */
  on(name: "lost", handler: (frame: { receipts: string[]; reason: string }) => void): this;
  /** All that a member of a group reads now. */
  on(name: "assigned", handler: (frame: { partitions: number[]; member: string; generation: number }) => void): this;
  /** What it reads no more; what was sent of it is still handed out, for as long as it can be committed. */
  on(name: "revoked", handler: (frame: { partitions: number[]; commit_by?: string }) => void): this;
}

export interface TopicSubscription extends Subscription<TopicRecord> {
  /** Behind everything that was processed: `resume` takes it, today or next week. */
  readonly cursor?: string;
  /** Goes on from another place. Of a group it moves all members. */
  seek(to: string | number): Promise<void>;
}

/** After a lost connection the member joins again, and goes on where the group has committed. */
export interface GroupSubscription extends TopicSubscription {
  readonly group: string;
  /** What the broker calls this member, once it has joined. */
  readonly member?: string;
  /** What it reads now. */
  readonly partitions: number[];
  /**
   * Everything that was handed out, or what is before the cursor, is done. Resolves once that is on disk; after
   * a lost connection it is asked again. What was read before a seek by others does not count.
   * Rejects with Refused, `member-fenced` when another member reads one of the partitions by now. Go on then:
   * what it was about comes again, there.
   */
  commit(cursor?: string): Promise<void>;
}

export interface QueueSubscription extends Subscription<Message> {
  /** Several at once: one result for each, in their order. */
  ack(messages: Message[]): Promise<("acked" | Unsettled)[]>;
}

export class TwofoldError extends Error {}
/** The broker said no. Nothing was written, unless `status` is 500. */
export class Refused extends TwofoldError {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly problem: { code: string; detail?: string; hint?: string; index?: number; [more: string]: unknown };
}
/** The connection was lost before the answer came: what was asked for may be done, or not. */
export class UnknownOutcome extends TwofoldError {}
/** The client or the subscription is closed, or on its way. */
export class Closed extends TwofoldError {}
