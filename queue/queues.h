#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core.h"
#include "queue/config.h"
#include "queue/messages.h"
#include "queue/observer.h"
#include "queue/operations.h"
#include "queue/traffic.h"
#include "queue/views.h"

namespace twofold::queue {

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
/// Errors  queue_not_found, queue_is_attached (send), name_taken, too_many_names,
/// exists_with_other_config,
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
  /// What create() and configure() would answer, with nothing done. A queue that would be new has
  /// no id and version 0. Errors: theirs, but for what the core refuses.
  Result<QueueInfo> preview_create(const std::string& name, const QueueConfig& config,
                                   const std::optional<QueueSource>& source,
                                   bool create_only) const;
  Result<QueueInfo> preview_configure(const std::string& name, const QueueConfig& config,
                                      std::optional<std::uint64_t> expected) const;
  Result<QueueInfo> find(const std::string& name) const;
  /// Null when there is none; lasts until the queue changes.
  const QueueConfig* config(const std::string& name) const;
  /// Likewise what a protocol keeps of it.
  const std::string* extension(const std::string& name) const;
  std::vector<QueueInfo> list(const std::string& after, std::size_t limit) const;
  /// Names of the queues attached to a topic.
  std::vector<std::string> reading(const std::string& topic) const;

  /// `decided` hears of the places in the turn in which they are given.
  void send(Send send, Completion<Sent> done, engine::Decided<Sent> decided = {});
  /// send() in pieces, for whoever writes more in the same turn: check() changes nothing, write()
  /// does what was checked and cannot fail, named() is for the commit's completion.
  Result<CheckedSend> check(const Send& send) const;
  Sent write(const Send& send, const CheckedSend& checked);
  Sent named(Sent sent, Durability reached) const;
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
           Completion<std::vector<Settled>> done, Receipts accepted = Receipts::newest,
           engine::Decided<std::vector<Settled>> decided = {});
  /// All of them or none, in pieces as of send(). Errors of check_ack(): stale_receipt (number: the
  /// first receipt that does not delete its message any more), queue_not_found.
  Result<CheckedAck> check_ack(const std::string& queue,
                               const std::vector<std::string>& receipts) const;
  void write_ack(const CheckedAck& checked);
  void nack(std::string queue, std::vector<NackItem> items, Completion<std::vector<Settled>> done);
  /// With Receipts::any a message that came free is hidden again, and one that somebody else holds
  /// is held for as long as this caller says.
  void extend(std::string queue, std::vector<ExtendItem> items,
              Completion<std::vector<Settled>> done, Receipts accepted = Receipts::newest);
  /// Everything in the queue now is gone. Answers how many messages that were.
  void purge(std::string queue, Completion<std::uint64_t> done,
             engine::Decided<std::uint64_t> decided = {});
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
  /// The queues that send their dead letters there, by id, from that id on: a piece in each turn of
  /// the core, for there may be very many.
  struct DeadLetterSource {
    std::uint32_t id;
    std::string name;
  };
  std::vector<DeadLetterSource> dead_letter_sources(const std::string& name, std::uint32_t from,
                                                    std::size_t limit) const;
  /// What is still known of what happened to a message. Errors: as of explain().
  Result<History> history(const std::string& queue, MessageId id) const;
  Result<QueueView> view(const std::string& queue) const;
  /// One message, whatever its state. Errors: message_not_found when there never was one.
  Result<Explained> explain(const std::string& queue, MessageId id) const;
  /// How each of these stands, in the order asked; a few thousand at a time, or others wait.
  /// Errors: queue_not_found, partition_not_found.
  Result<std::vector<Progress>> progress(const std::string& queue, PartitionId partition,
                                         const std::vector<Offset>& offsets) const;
  /// What decides which records it delivers; null: all of them. Errors: queue_not_found.
  Result<std::shared_ptr<const RecordFilter>> filter_of(const std::string& queue) const;
  /// Done with, whatever its state. Answers what that was; acked ones stay as they are.
  /// Errors: message_not_found, also when its record is gone already; overloaded, when it was not
  /// delivered yet and is not the next.
  void erase(std::string queue, MessageId id, Completion<MessageState> done);
  /// Not delivered before `due`, at once when that has passed. Only what is ready, blocked or
  /// delayed changes; answers the state before. Errors: message_not_found.
  void reschedule(std::string queue, MessageId id, Instant due, Completion<MessageState> done);
  /// Gives headers other values, or none, for as long as the message is in the queue: the record
  /// stays as it was stored. Only what is ready, blocked, delayed or dead changes; answers the
  /// state before. Errors: message_not_found; queue_is_attached, because the record is the topic's;
  /// message_too_large (16 KiB of changes), invalid_request (a header of the broker's own),
  /// overloaded (see QueueLimits::edits_max).
  void edit(std::string queue, MessageId id, const std::vector<HeaderChange>& changes,
            Completion<MessageState> done);
  /// Looks without touching.
  Result<Browsed> browse(const Browse& browse) const;
  /// Who received each of these last, in the order asked; empty where that is not known.
  std::vector<std::string> holders(const std::string& queue,
                                   const std::vector<MessageId>& messages) const;
  /// From now on tells `observer`, or nobody (null). It must outlive this or be taken back.
  void observe(Observer* observer);
  /// Queues in which anything happened since they were last taken: up to `max`, the newest first;
  /// the others wait for the next time.
  std::vector<std::uint32_t> take_stirred(std::size_t max);
  /// nullopt when there is no such queue (any more), or nothing ever happened in it.
  std::optional<QueueSample> sample(std::uint32_t id) const;
  /// Whether anybody holds a message. Looks at every queue until it finds one.
  bool anything_in_flight() const;
  /// Queues by their names, from the one behind `after`, until about `work` partitions were looked
  /// at; empty: there are no more.
  std::vector<QueueFigures> figures(const std::string& after, std::size_t work) const;
  /// Answers all long polls empty (draining).
  void release_waiters();

  // engine::StateMachine, LogListener, Liveness, TimerTarget
  Result<> apply(std::uint32_t owner, std::string_view payload, Instant at) override;
  void snapshot(engine::ByteWriter& out) const override;
  Result<> restore(engine::ByteReader& in) override;
  void recovered(Instant now) override;
  void on_visible(LogId log, Offset end) override;
  void on_trimmed(LogId log, Offset start) override;
  void on_removed(LogId log, const engine::OffsetRuns& removed) override;
  bool is_live(LogId log, Offset offset) const override;
  std::int64_t live_in(LogId log, Offset from, Offset upto) const override;
  void on_timer(std::uint32_t owner, std::uint64_t token, Instant now) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twofold::queue
