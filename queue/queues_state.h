#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "queue/look.h"
#include "queue/move_document.h"
#include "queue/queue.h"
#include "queue/queues.h"
#include "queue/receipt.h"
#include "queue/recent_events.h"
#include "queue/walk.h"

namespace twofold::queue {

/// Where a log is read: a topic's log by any number of queues, an own log by its queue.
struct Reader {
  std::uint32_t queue;
  std::uint16_t partition;
};

/// What a timer was set for: the highest byte of its token, the rest is `value`.
enum class TimerFor : std::uint8_t {
  due = 1,
  waiters = 2,
  retention = 3,
  moves = 4,
  tasks = 5,
  look = 6,
  ids = 7,
  sweeps = 8,
  retained = 9,
  attempts = 10
};

/// A sweep, and where it stands.
struct SweepTask {
  Sweep sweep;
  std::uint32_t queue;  ///< its id: the name may come to mean another
  States states{};
  std::size_t partition = 0;
  Offset at{0};
  std::vector<Offset> ends{};                ///< by partition: what comes later is not its business
  std::size_t next_id = 0;                   ///< of request.ids, which are in order
  std::optional<Offset> one_by_one_until{};  ///< a read of several failed: find out which one
  bool revived = false;                      ///< messages came back
  std::set<std::string> waiting{};           ///< groups of an ordered queue that stay
  Completion<Sweep> ended{};
};

/// What a sweep's reading found of the messages it was to look at.
struct SweepFind {
  struct Match {
    Offset offset;
    std::uint64_t bytes;
    std::string destination;  ///< of a move
    engine::StoredRecord record;
  };
  std::vector<Match> matches;
  std::vector<engine::StoredBatch> batches;  ///< the records' bytes
  std::optional<engine::Error> trouble;
  std::optional<Offset> goes_on{};  ///< a read that stopped early: here
};

/// Messages acked in an ordered queue: those behind them wait until that is durable.
struct Unblocked {
  std::uint32_t queue;
  std::vector<std::pair<std::size_t, Runs>> runs;  ///< by partition

  void add(std::size_t partition, Runs of) {
    if (!of.empty()) runs.emplace_back(partition, std::move(of));
  }
};

inline constexpr std::size_t kPartitionsMax = 1 << 16;  // a receipt carries 16 bits of it
inline constexpr std::size_t kExpireMax = 4096;         // messages per turn
inline constexpr std::size_t kReasonBytesMax = 256;
inline constexpr std::size_t kNoteBytes = 64;        // of journal, about, for one change
inline constexpr std::size_t kReceiptNoteBytes = 4;  // and for each message in it

/// Where all of these go; empty when they go to several queues.
template <class Leaving>
std::string_view common_destination(const std::vector<Leaving>& leaving) {
  const std::string& first = leaving.front().destination;
  for (const Leaving& one : leaving)
    if (one.destination != first) return {};
  return first;
}

/// Everything behind Queues. The sources follow what a message lives through:
///   queues.cc          the public face, listeners and timers
///   queues_catalog.cc  definitions come, change and go
///   queues_send.cc     in
///   queues_receive.cc  out, and those who wait for it
///   queues_look.cc     reading ahead: groups and filter
///   queues_removed.cc  what its topic's cleaning drops
///   queues_settle.cc   ack, nack, extend, release, purge
///   queues_due.cc      what time does: expiry, retention, trimming
///   queues_dead.cc     to the dead letter queue
///   queues_moves.cc    from one queue to another, on request
///   queues_sweep.cc    one thing done to many messages: it begins and ends
///   queues_sweep_steps.cc  ... and is done, step by step
///   queues_browse.cc   looking
///   queues_message.cc  one message by its id
///   queues_edit.cc     one message is changed
///   queues_snapshot.cc journal and checkpoint
///   traffic.cc         what is counted of all that
struct Queues::State {
  State(engine::Core& c, Queues& f, QueueLimits l, FilterCompiler compiler)
      : core(c), face(f), limits(l), compile(std::move(compiler)) {}

  // -- queues_catalog.cc
  void watch();
  void define(std::string_view name, const engine::Document& document);
  void build(std::string_view name, std::uint64_t version, Definition definition);
  void update(Queue& queue, std::uint64_t version, Definition definition);
  void forget(std::string_view name);
  void open_logs(Queue& queue);
  std::shared_ptr<const RecordFilter> compiled(Queue& queue) const;
  /// Errors: queue_is_attached.
  Result<> check_dead_letter(const QueueConfig& config) const;
  Result<Definition> new_definition(QueueConfig config, std::optional<QueueSource> source);
  void put(const std::string& name, Definition definition, std::uint64_t expected,
           Completion<QueueInfo> done);
  void make_receipt_key();
  void make_fair(Queue& queue);
  QueueInfo info(const Queue& queue) const;

  Queue* find(std::string_view name) const;
  Queue* find(std::uint32_t id) const;
  Result<Queue*> need(const std::string& name) const;

  /// Changes delivery state, and whose turn it is with it.
  void apply(Partition& partition, const Op& op);
  void regroup(Partition& partition, const Op& op);
  /// Does so and journals it: every live change goes through here.
  void change(Queue& queue, std::size_t partition, const Op& op);
  void note(const Queue& queue, std::size_t partition, const Op& op,
            const Circumstances& with = {});
  /// Counts it, and tells who looks, if anybody does.
  void tell(const Queue& queue, std::size_t partition, const Op& op, const Circumstances& with) {
    count(queue, op, with);
    if (observer) [[unlikely]]
      observer->on_change(place_of(queue, partition), op, with);
  }
  static ChangedAt place_of(const Queue& queue, std::size_t partition) {
    return {queue.name, PartitionId{static_cast<std::int32_t>(partition)},
            queue.partitions[partition].delivery};
  }
  /// After changes to a partition: what is due, what may be trimmed, the next timer.
  void settle(Queue& queue, std::size_t partition);
  void account(Partition& partition);
  /// Errors: overloaded.
  Result<> room_for_marks() const;
  // -- traffic.cc
  /// Something happened in it.
  Traffic& stir(const Queue& queue);
  void count(const Queue& queue, const Op& op, const Circumstances& with);
  QueueFigures figures(const Queue& queue) const;
  void count_waits(Traffic& traffic, LogId log, const std::vector<Delivered>& given,
                   std::size_t first);
  // -- queues_snapshot.cc
  void pass_over_damage(Queue& queue, std::size_t partition);
  /// What lies there can never be read.
  void give_up(Queue& queue, std::size_t partition, Offset from, Offset upto);

  // -- queues_look.cc
  /// Reads ahead, so that groups and filter know what comes next. `asked`: somebody found nothing.
  void look_ahead(Queue& queue, std::size_t partition, bool asked = false);
  struct NextLook {
    Offset from;
    bool again;
  };
  std::optional<NextLook> next_look(const Queue& queue, Partition& partition, bool asked);
  /// Nothing is ready, and somebody asks: whether there is more now.
  bool look_further(Queue& queue);
  /// Forgets what was read ahead and begins anew.
  void look_again(Queue& queue);
  void look_past(Queue& queue, std::size_t partition, const Look& look);
  void retry_look(std::uint32_t queue, std::uint64_t look_and_partition);
  void looked(std::uint32_t queue, std::size_t partition, const Look& look);
  void take_look(Queue& queue, std::size_t partition, Look look);
  /// May make it, by forgetting the ends of long groups.
  bool room_ahead(const Queue& queue, Partition& partition, bool asked);
  void looked_upto(const Queue& queue, Partition& partition, const Look& look, Offset upto);
  Offset next_after_nothing(const Partition& partition, Offset from) const;

  // -- queues_removed.cc: what a topic's cleaning has dropped
  bool is_sparse(const Queue& queue) const;
  /// What is missing between what a look has seen is done with. It ends before a hole that is too
  /// wide to be remembered.
  void pass_over_holes(Queue& queue, std::size_t partition, Look& look);
  void pass_over(Queue& queue, std::size_t partition, Runs holes);
  void remove(Queue& queue, std::size_t partition, const engine::OffsetRuns& removed);

  // -- queues_send.cc
  class Intake;
  void place(LogId log, std::vector<SentMessage>& messages) const;
  void remember(Queue& queue, RememberOp op);
  void arm_ids(Queue& queue);
  void forget_ids(std::uint32_t queue);

  // -- queues_receive.cc
  Result<Received> take(Queue& queue, const Wanted& wanted);
  struct Picked {
    Choice choice;
    std::vector<Offset> offsets;  ///< in the order of delivery
  };
  Picked pick(const Partition& partition, std::size_t max, bool fresh) const;
  Picked pick_fair(const Partition& partition, std::size_t max, bool fresh) const;
  struct Taking {
    std::size_t max;
    bool fresh;  ///< also what was never delivered
    Instant visible_at;
    std::uint32_t nonce;
    std::string_view client;
  };
  Delivered delivered(const Partition& partition, MessageId id, std::string receipt,
                      Instant visible_at) const;
  bool take_from(Queue& queue, std::size_t partition, const Taking& taking, std::size_t& bytes_left,
                 Received& out);
  Received nothing(Queue& queue) const;
  std::uint64_t wait(Queue& queue, const Wanted& wanted, Instant deadline,
                     Completion<Received> done, bool hasty);
  /// Ends a wait; nullopt when it is over already.
  std::optional<Waiter> unwait(std::uint64_t ticket);
  /// Hands what is ready to those who wait. Completions run: nothing held before it stays valid.
  void serve(std::uint32_t queue);
  void waiters_due(Instant now);
  /// Answers those who would not wait but for the reading ahead, once it is done.
  void answer_hasty(std::uint32_t queue);
  Result<Received> repeat(Queue& queue, Attempt& attempt, const Wanted& wanted);
  Attempt* find_attempt(Queue& queue, const std::string& id);
  /// That an attempt gave one of these. What is left of it can be given again.
  void forget_attempts(Queue& queue, const std::vector<std::string>& receipts);
  void sweep_attempts(std::uint32_t queue);
  void arm_attempts(Queue& queue);
  void remember_attempt(Queue& queue, const std::string& id, const Received& given,
                        std::uint32_t nonce);

  // -- queues_settle.cc
  struct Presented {
    Settled settled;  ///< ok: the receipt is current
    std::uint16_t partition;
    Offset offset;
    Instant received;
    std::uint32_t nonce = 0;
  };
  Presented present(const Queue& queue, const std::string& receipt) const;
  template <class Op>
  Runs end(Queue& queue, std::size_t partition, const Op& op, const Circumstances& with = {});
  std::vector<std::vector<Offset>> held_by(const Queue& queue,
                                           const std::vector<std::string>& given) const;
  /// Answers what holds others up until this is durable.
  Runs ack(Queue& queue, std::size_t partition, const AckOp& op, const Circumstances& with = {});
  void unblock(const Unblocked& unblocked);
  void unblock_when_durable(Unblocked unblocked);
  Duration backoff(const Queue& queue, const MessageView& view);

  // -- queues_message.cc
  Result<> know(const Queue& queue, MessageId id) const;
  Why why(const Queue& queue, MessageId id, MessageState state) const;
  /// Who received it last, as far as that is known.
  std::string holder(const Queue& queue, MessageId id) const;

  // -- queues_edit.cc
  /// The state of a message that is to be changed. Errors: message_not_found.
  Result<MessageState> changeable(const Queue& queue, MessageId id) const;
  void answer_when_durable(MessageState state, Completion<MessageState> done);

  // -- queues_due.cc
  void due(std::uint32_t queue, std::size_t partition, Instant now);
  void expire(Queue& queue, std::size_t partition);
  void trim(Queue& queue, Partition& partition);
  void trim_now(Queue& queue, Partition& partition, Offset upto);
  void retain(Queue& queue, Partition& partition);
  void retained_due(std::uint32_t queue);
  void arm(Queue& queue, std::size_t partition);
  void retention_due(std::uint32_t queue);
  void arm_retention(Queue& queue);
  void schedule(Instant due, std::uint32_t owner, TimerFor what, std::uint64_t value);

  // -- queues_dead.cc
  /// How often a message may be received; 0: without end, also while the queue where it would go
  /// does not exist.
  std::uint32_t receives_max(const Queue& queue) const;
  /// Fewer receives are allowed now: what was delivered that often is not delivered again.
  void kill_used_up(Queue& queue);
  /// Those that died of so many receives and are still here, on their way to a dead letter queue,
  /// are ready again if there is no such end any more.
  void revive_used_up(Queue& queue, std::uint32_t receives_max_before);
  /// The same for all whose dead letters went to the queue of that name.
  void target_is_gone(const std::string& name);
  void move_dead(Queue& queue);
  void retry_moves(std::uint32_t queue);
  void move_next(Queue& queue);
  void moved(std::uint32_t queue, std::size_t partition, const std::vector<Offset>& offsets,
             const Result<std::vector<engine::StoredBatch>>& read);
  Queue* dead_letter_queue(const Queue& queue) const;
  /// Queues whose dead letters go to the one of that name.
  std::vector<std::uint32_t> dying_into(const std::string& name) const;

  // -- queues_moves.cc
  void watch_moves();
  void save(const MoveTask& task);
  void resume_moves();
  MoveTask* find_task(std::uint64_t number);
  void step_task(std::uint64_t number);
  void task_read(std::uint64_t number, const std::vector<Delivered>& held,
                 const Result<std::vector<engine::StoredBatch>>& read);
  void nothing_read(MoveTask& task, Queue& source, const std::vector<Delivered>& held,
                    const std::optional<engine::Error>& trouble);
  /// So many were moved; the next ones go when the rate allows.
  void next_step(std::uint64_t number, std::size_t moved);
  void give_back(std::uint64_t number, const std::vector<Delivered>& held);
  void end_task(MoveTask& task, MoveStatus status, std::optional<engine::Errc> failure = {});
  /// There is nothing more to move: as well as it went.
  void finish_task(MoveTask& task);
  void step_over(MoveTask& task, std::vector<std::string> more);
  void hold_stepped_over(std::uint64_t number);

  // -- queues_sweep.cc
  Offset oldest(const Queue& queue, std::size_t partition) const;
  SweepTask* find_sweep(std::uint64_t id);
  void end_sweep(std::uint64_t id, MoveStatus status, std::optional<engine::Error> failure = {});

  // -- queues_sweep_steps.cc
  void step_sweep(std::uint64_t id);
  /// Messages of one partition that are looked at together, and where the task stood before.
  struct Chunk {
    std::size_t partition = 0;
    std::vector<Offset> offsets;
    bool at_end = false;   ///< there is nothing behind it
    bool was_cut = false;  ///< there is more, but not at once
    std::size_t first_id = 0;
    std::uint64_t scanned = 0;
    std::uint32_t removals = 0;  ///< of its partition, when it was read
  };
  Chunk next_chunk(const Queue& queue, SweepTask& task) const;
  Chunk next_ids(const Queue& queue, SweepTask& task, Chunk chunk, std::size_t max) const;
  void fit_chunk(const Queue& queue, Chunk& chunk) const;
  void take_back(SweepTask& task, const Chunk& chunk, Offset from) const;
  void swept(std::uint64_t id, const Chunk& chunk, const SweepFind& find);
  /// Errors: queue_not_found for good, all others for now; then nothing was changed.
  Result<> apply_sweep(Queue& queue, SweepTask& task, std::size_t partition,
                       const std::vector<SweepFind::Match>& matches);
  Result<> revive(Queue& queue, std::size_t partition,
                  const std::vector<SweepFind::Match>& matches);
  Result<> take_away(Queue& queue, const SweepTask& task, std::size_t partition,
                     const std::vector<SweepFind::Match>& matches);
  /// What a step of a move leaves where it is.
  struct Stayed {
    std::uint64_t messages = 0;
    std::set<std::string> groups{};
  };
  Stayed leave_homeless(const Queue& queue, const SweepTask& task, std::size_t partition,
                        std::vector<SweepFind::Match>& matches) const;
  void go_on(SweepTask& task, std::size_t done);

  engine::Core& core;
  Queues& face;  // as listener, timer target and liveness
  const QueueLimits limits;
  const FilterCompiler compile;
  Observer* observer = nullptr;
  std::array<unsigned char, 16> group_key{};  // of this life
  std::uint64_t ahead = 0;                    // messages remembered for their groups, of all queues
  std::uint64_t marked = 0;                   // messages that take memory, of all queues
  std::uint64_t edited = 0;                   // bytes of edited headers, of all queues
  std::unordered_map<std::string_view, std::unique_ptr<Queue>> by_name;  // keys live in the queues
  std::unordered_map<std::uint32_t, Queue*> by_id;
  std::unordered_multimap<LogId, Reader> readers;
  std::set<std::pair<std::string, std::uint32_t>> dead_letter_users;  // by where their letters go

  struct Place {
    std::uint32_t queue;
    Waiters::iterator at;
  };
  std::unordered_map<std::uint64_t, Place> tickets;
  DueHeap deadlines;  // key: ticket
  Alarm deadline_alarm;
  std::uint64_t next_ticket = 1;

  std::deque<MoveTask> tasks;  // moves, oldest first
  std::uint64_t next_task = 1;
  std::deque<SweepTask> sweeps;  // oldest first
  std::uint64_t last_sweep = 0;
  RecentEvents events;
  std::vector<std::uint32_t> stirred;  // ids of queues, each once

  std::optional<ReceiptCoder> receipts;
  std::uint32_t next_id = 1;
  bool serving = false;  // recovery is over
};

}  // namespace twofold::queue
