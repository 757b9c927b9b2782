#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core.h"
#include "queue/op.h"
#include "queue/record_filter.h"

namespace twofold::queue {

using engine::Completion;
using engine::Durability;
using engine::Duration;
using engine::Instant;
using engine::LogId;
using engine::Offset;
using engine::PartitionId;
using engine::Result;
using engine::Seq;
using engine::WallTime;

/// A topic's logs, resolved by whoever knows topics, and where delivery begins in each.
struct QueueSource {
  std::string topic;
  std::vector<LogId> logs;            ///< in partition order
  std::vector<Offset> start_offsets;  ///< same length

  friend bool operator==(const QueueSource&, const QueueSource&) = default;
};

/// Whose turn it is.
///   none    the oldest that is ready.
///   fair    as none, but of messages never delivered the group with the fewest in flight goes
///           first, round robin among equals: a busy tenant does not starve the others.
///   key     the messages of a group go out one after the other: while one is in flight or delayed,
///           those of its group behind it wait ("blocked"), and nobody else.
///   strict  so do all messages of a partition.
/// A message's group is its header `twofold-group`, else its key; without both it is alone.
enum class Order { none, fair, key, strict };

/// Within what a deduplication id is unique.
enum class DedupScope { queue, group };

struct QueueConfig {
  Duration visibility_timeout = std::chrono::seconds{30};
  Duration delay{0};                    ///< of every message sent; own log only
  Duration receive_wait{0};             ///< when a receive does not say
  std::uint32_t max_receives = 0;       ///< 0: without end
  std::string dead_letter{};            ///< a queue; empty: the dead state in place
  std::optional<Duration> retention{};  ///< own log only; absent: until acked
  Durability durability = Durability::disk;
  std::uint32_t record_bytes_max = 1 << 20;
  Order order = Order::none;
  DedupScope dedup_scope = DedupScope::queue;       ///< own log only, as the window
  Duration dedup_window = std::chrono::minutes{5};  ///< how long an id is remembered
  Duration backoff_min{0};  ///< a nack without a delay waits this long, twice as long each time
  Duration backoff_max{0};  ///< up to this
  /// How long acked messages can be replayed. Of an attached queue that is what its topic keeps.
  Duration retain_acked{0};
  bool paused = false;   ///< nothing goes out
  std::string filter{};  ///< only what it matches is delivered; fixed at creation

  friend bool operator==(const QueueConfig&, const QueueConfig&) = default;
};

/// O(1) to read. "blocked" waits for an older message of its group or partition.
struct QueueCounters {
  std::uint64_t ready = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t delayed = 0;
  std::uint64_t blocked = 0;
  std::uint64_t dead = 0;
};

struct QueueInfo {
  std::string name;
  std::uint32_t id = 0;
  std::uint64_t version = 0;  ///< of the definition: the etag
  QueueConfig config;
  std::optional<QueueSource> source;
  std::optional<LogId> own_log;
  WallTime created{0};
  std::string extension;  ///< what a protocol keeps of it besides; opaque here
  QueueCounters counters;
  std::uint64_t backlog_bytes = 0;  ///< of the batches that still hold something unacked (about)
  bool was_created = false;
};

struct SendMessage {
  engine::NewRecord record;
  std::optional<Duration> delay{};       ///< else the queue's
  std::optional<WallTime> deliver_at{};  ///< instead of delay
  /// A second message of this id within the window is not stored, but answered as the first was.
  std::optional<std::string_view> dedup_id{};
  Token token{};  ///< what the caller wants to find again in the answer to a duplicate
};
struct Send {
  std::string queue;
  std::vector<SendMessage> messages;  ///< views stay valid until the completion ran
  std::optional<Durability> durability{};
  bool makes_fair = false;  ///< a queue without an order becomes fair, in the same commit
};
struct SentMessage {
  Offset offset;
  Seq seq;  ///< 0 of a duplicate whose first was sealed before
  bool duplicate = false;
  Token token{};  ///< of the first message of the id
};
struct Sent {
  std::vector<SentMessage> messages;
  Durability durability;
};

struct Receive {
  std::string queue;
  std::size_t max = 1;
  std::size_t bytes_max = 8 << 20;
  std::optional<Duration> visibility_timeout{};
  /// A receive with the id of an earlier one, within five minutes, gives the same messages under
  /// the same receipts, and their timeout begins anew. Empty: none.
  std::string attempt_id{};
};
struct Delivered {
  PartitionId partition;
  Offset offset;
  std::string receipt;  ///< opaque; only the newest of a message counts
  std::uint32_t receive_count;
  Instant visible_at;
  Instant first_received;  ///< in this queue
};
struct Received {
  std::vector<Delivered> messages;      ///< in delivery order
  std::vector<engine::ReadPlan> plans;  ///< their records: one plan per log that was touched
  std::vector<PartitionId> plan_partitions;
  std::string topic;  ///< the source topic; empty for an own log
  QueueCounters counters;
  std::optional<Instant> next_eligible;  ///< when empty: the next moment a message may come free
  bool paused = false;                   ///< when empty: nothing goes out at all
};

/// What all queues together may take. A message that waits takes nothing; one that was received, is
/// delayed or dead takes 24 to 150 bytes.
struct QueueLimits {
  std::uint64_t marked_max = 50'000'000;
  /// What all ordered and fair queues may remember of messages before they are received, in units of
  /// 16 bytes: one to ten a message. Past it a queue reads ahead less.
  std::uint64_t ahead_max = 32 << 20;
};

/// Which receipts of a message count. Standard queues of Amazon SQS take every one; here a message
/// in flight has one holder, so only a protocol that must asks for `any`.
enum class Receipts {
  newest,  ///< the newest delivery, also when its timeout has passed and nobody else got it
  any,     ///< every one
  held,    ///< the newest delivery while its timeout runs (FIFO queues of Amazon SQS)
};

enum class Settled { acked, already, stale, unknown, ok, too_long };
struct NackItem {
  std::string receipt;
  std::optional<Duration> delay{};  ///< absent: the queue's backoff
  bool dead = false;
  std::string reason{};
};
struct ExtendItem {
  std::string receipt;
  Duration visibility_timeout;
  /// The longest that the message may be held in all, from this receive on; past it: too_long.
  std::optional<Duration> total_max{};
};

enum class MessageState { ready, in_flight, delayed, blocked, dead, acked };
struct BrowseItem {
  PartitionId partition;
  Offset offset;
  MessageState state;
  std::uint32_t receive_count;
  std::optional<Instant> visible_at;  ///< in flight and delayed
  std::string reason;                 ///< dead: why, when somebody said
  Instant first_received{0};          ///< 0: never, as far as is known
};
/// Which message of a queue.
struct MessageId {
  PartitionId partition;
  Offset offset;
  friend auto operator<=>(const MessageId&, const MessageId&) = default;
};

/// Why a message is where it is.
enum class Why {
  ready,
  paused,          ///< ready, but nothing goes out
  not_looked_at,   ///< reading ahead for groups and filter has not come to it
  group_held,      ///< an older message of its group is in flight or delayed
  partition_held,  ///< strict order: an older message of its partition is
  in_flight,
  delayed,
  dead,
  acked,
  before_start,  ///< older than where the queue began to read
  trimmed,       ///< its record is gone
  not_visible,   ///< stored, but a crash could still take it back
};
/// One message and what decides about it.
struct Explained {
  BrowseItem item;
  Why why;
  std::optional<BrowseItem> blocker{};  ///< of group_held and partition_held
  QueueConfig config;
  std::string topic;                       ///< the source topic; empty for an own log
  std::optional<engine::ReadPlan> plan{};  ///< of its record, unless that is gone
};

/// Something that happened to a message.
struct MessageEvent {
  enum class Kind : std::uint8_t {
    received,
    acked,
    given_back,
    extended,
    delayed,
    died,
    released,  ///< it was handed out, but never arrived
    revived
  };
  Kind kind;
  WallTime at;
  Instant due;  ///< received and extended: in flight until; given back, delayed: ready then; else 0
};
struct History {
  std::vector<MessageEvent> events;  ///< oldest first, none from before the broker started
  std::optional<WallTime> since{};   ///< what was before has been forgotten, too
};

/// How a queue stands, for whoever wonders why a receive is empty.
struct QueueView {
  QueueCounters counters;
  bool paused = false;
  bool has_ready = false;  ///< a receive would give something
  bool looking = false;    ///< reading ahead is under way
  std::optional<Instant> next_eligible{};
};

struct Browse {
  std::string queue;
  std::optional<MessageState> state{};  ///< absent: all but acked
  std::vector<Offset> from{};           ///< per partition; empty: the beginning
  std::size_t limit = 100;
};
struct Browsed {
  std::vector<BrowseItem> items;
  std::vector<engine::ReadPlan> plans;
  std::vector<PartitionId> plan_partitions;
  std::string topic;
  std::vector<Offset> next;  ///< per partition; empty when everything was seen
};

/// Moves what waits in a queue to another one in the background: dead letters back, mostly.
struct MoveRequest {
  std::string id;  ///< whatever the caller likes to call it
  std::string source;
  std::string destination{};                  ///< empty: each to the queue where it died
  std::optional<std::uint32_t> per_second{};  ///< absent: as fast as it goes
};
enum class MoveStatus { running, completed, cancelled, failed };
struct Move {
  MoveRequest request;
  MoveStatus status = MoveStatus::running;
  WallTime started{0};
  std::uint64_t moved = 0;
  std::uint64_t to_move = 0;  ///< what was ready when it began; it ends there
  std::optional<engine::Errc> failure{};
};

/// One thing done to many messages of a queue, in the background.
///   replay   acked ones are ready again
///   redrive  dead ones are
///   move     to another queue's own log: there and gone from here in one commit
///   purge    done with
enum class SweepAction { replay, redrive, move, purge };
struct SweepRequest {
  SweepAction action = SweepAction::replay;
  std::string queue{};
  /// Empty: acked ones are replayed, dead ones redriven, all but those in flight moved, and all
  /// purged.
  std::vector<MessageState> states{};
  std::vector<MessageId> ids{};    ///< only these, when there are any
  std::optional<WallTime> from{};  ///< by the records' timestamps
  std::optional<WallTime> upto{};
  std::shared_ptr<const RecordFilter> filter{};
  std::string destination{};                  ///< of a move; empty: each to the queue where it died
  std::optional<std::uint32_t> per_second{};  ///< absent: as fast as it goes
  bool dry_run = false;                       ///< counts, and changes nothing
};
struct Sweep {
  std::uint64_t id = 0;
  SweepRequest request{};
  MoveStatus status = MoveStatus::running;
  WallTime started{0};
  std::optional<WallTime> ended{};
  std::uint64_t to_scan = 0;  ///< messages there were when it began, done with or not
  std::uint64_t scanned = 0;
  std::uint64_t matched = 0;  ///< and acted upon, unless it is a dry run
  std::uint64_t bytes = 0;    ///< of their keys, values and headers
  std::uint64_t unreadable = 0;
  std::vector<MessageId> sample{};  ///< the first ten
  std::optional<engine::Error> failure{};
};

/// Queues: delivery state over logs.
///
/// Contract
///   One message in flight has one holder. A message not acked in time is delivered again under a
///   new receipt; only the newest receipt counts. An acked message never comes back.
///   send, ack, purge, create   durable when they answer. receive, nack, extend are journaled and
///   ride the next commit: a restart still knows what was in flight.
///   Only durable records are handed out. Nothing is kept in memory for what was never received.
///   Past the limit on marked messages, receives of new messages and sends with a delay are refused
///   as overloaded; acks are not, they are the way out.
///   After max_receives a message moves to the dead letter queue, in one commit, or to the dead
///   state.
/// Errors  queue_not_found, queue_is_attached (send), name_taken, exists_with_other_config,
///         etag_mismatch, message_too_large, and what Core refuses.
/// Threads the core only; completions run there too. The core runs nothing any more once this is
/// gone.
class Queues final : public engine::StateMachine,
                     public engine::LogListener,
                     public engine::Liveness,
                     public engine::TimerTarget {
 public:
  explicit Queues(engine::Core& core, QueueLimits limits = {}, FilterCompiler compile = {});
  ~Queues() override;

  void create(std::string name, QueueConfig config, std::optional<QueueSource> source,
              bool create_only, Completion<QueueInfo> done);
  void configure(std::string name, QueueConfig config, std::optional<std::uint64_t> expected,
                 Completion<QueueInfo> done);
  /// The same with an extension. A new queue has its own log, and must be new; of an old one the
  /// extension stays as it is unless it is given.
  void create(std::string name, QueueConfig config, std::string extension,
              Completion<QueueInfo> done);
  void configure(std::string name, QueueConfig config, std::string extension,
                 std::optional<std::uint64_t> expected, Completion<QueueInfo> done);
  void remove(std::string name, Completion<QueueInfo> done);
  Result<QueueInfo> find(const std::string& name) const;
  /// Null when there is none; lasts until the queue changes.
  const QueueConfig* config(const std::string& name) const;
  /// Likewise what a protocol keeps of it.
  const std::string* extension(const std::string& name) const;
  std::vector<QueueInfo> list(const std::string& after, std::size_t limit) const;
  /// Names of the queues attached to a topic.
  std::vector<std::string> reading(const std::string& topic) const;

  void send(Send send, Completion<Sent> done);
  /// Answers at once when a message is ready; otherwise when one becomes so, or empty at
  /// `deadline`. Returns a ticket for cancel(), 0 when already answered.
  std::uint64_t receive(Receive receive, Instant deadline, Completion<Received> done);
  /// A receiver went away while waiting: its completion is dropped without being called, and no
  /// message is handed to it.
  void cancel(std::uint64_t ticket);
  /// What was received could not be delivered: ready again, and the receive does not count.
  void release(const std::string& queue, const std::vector<std::string>& receipts);
  /// What was received has expired: done with. What a crash takes back of this is found out again.
  void drop(const std::string& queue, const std::vector<std::string>& receipts);

  void ack(std::string queue, std::vector<std::string> receipts,
           Completion<std::vector<Settled>> done, Receipts accepted = Receipts::newest);
  void nack(std::string queue, std::vector<NackItem> items, Completion<std::vector<Settled>> done);
  /// With Receipts::any a message that came free is hidden again, and one that somebody else holds
  /// is held for as long as this caller says.
  void extend(std::string queue, std::vector<ExtendItem> items,
              Completion<std::vector<Settled>> done, Receipts accepted = Receipts::newest);
  /// Everything in the queue now is gone. Answers how many messages that were.
  void purge(std::string queue, Completion<std::uint64_t> done);
  /// Starts a move, which a restart does not end; the list keeps the last hundred, over all queues.
  /// Each message leaves and arrives in one commit, and counts as never received where it arrives.
  /// Errors: queue_not_found, queue_is_attached (the source), busy (one is running from there).
  Result<> start_move(MoveRequest request);
  /// Errors: message_not_found when there is none that runs. Answers how it stands.
  Result<Move> cancel_move(const std::string& id);
  /// Newest first.
  std::vector<Move> moves(const std::string& source) const;
  /// Starts a sweep; the list keeps the last hundred until a restart, which ends them: what they
  /// have done stays done. `ended` may be empty.
  /// Errors: queue_not_found (also of the destination), queue_is_attached (the destination), busy
  /// (one runs on that queue), invalid_request (states that the action is not about).
  Result<std::uint64_t> start_sweep(SweepRequest request, Completion<Sweep> ended = {});
  /// Errors: message_not_found when there is none of that number.
  Result<Sweep> sweep(std::uint64_t id) const;
  /// Ends it where it is, if it runs. Answers how it stands.
  Result<Sweep> cancel_sweep(std::uint64_t id);
  /// Newest first.
  std::vector<Sweep> sweeps() const;
  /// Names of the queues that send their dead letters there, in order.
  std::vector<std::string> dead_letter_sources(const std::string& name) const;
  /// What is still known of what happened to a message. Errors: as of explain().
  Result<History> history(const std::string& queue, MessageId id) const;
  Result<QueueView> view(const std::string& queue) const;
  /// One message, whatever its state. Errors: message_not_found when there never was one.
  Result<Explained> explain(const std::string& queue, MessageId id) const;
  /// Done with, whatever its state. Answers what that was; acked ones stay as they are.
  /// Errors: message_not_found, also when its record is gone already.
  void erase(std::string queue, MessageId id, Completion<MessageState> done);
  /// Not delivered before `due`, at once when that has passed. Only what is ready, blocked or
  /// delayed changes; answers the state before. Errors: message_not_found.
  void reschedule(std::string queue, MessageId id, Instant due, Completion<MessageState> done);
  /// Looks without touching.
  Result<Browsed> browse(const Browse& browse) const;
  /// Answers all long polls empty (draining).
  void release_waiters();

  // engine::StateMachine, LogListener, Liveness, TimerTarget
  Result<> apply(std::uint32_t owner, std::string_view payload, Instant at) override;
  void snapshot(engine::ByteWriter& out) const override;
  Result<> restore(engine::ByteReader& in) override;
  void recovered(Instant now) override;
  void on_visible(LogId log, Offset end) override;
  void on_trimmed(LogId log, Offset start) override;
  bool is_live(LogId log, Offset offset) const override;
  std::int64_t live_in(LogId log, Offset from, Offset upto) const override;
  void on_timer(std::uint32_t owner, std::uint64_t token, Instant now) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twofold::queue
