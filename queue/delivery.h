#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "queue/edits.h"
#include "queue/messages.h"
#include "queue/op.h"
#include "queue/touched.h"

namespace twofold::queue {

/// What a receipt is worth.
enum class Verdict {
  current,  ///< the newest delivery of a message that is not done with
  already,  ///< the message was acked
  stale,    ///< somebody else got it since, or nobody is known to hold it
  unknown,  ///< there is no such message
};

/// Which messages go out next. `rotor` and `turn` are where the next choice begins.
struct Choice {
  Runs runs;
  Offset next;
  Offset rotor;
  std::uint8_t turn;

  bool empty() const { return runs.empty(); }
};

/// What one message is, for those who look.
struct MessageView {
  MessageState state;
  std::uint32_t receives;
  std::optional<Instant> due;  ///< in flight and delayed
  Instant first;               ///< when it was received first; 0: never, as far as is known
  bool revived = false;        ///< was dead or done with, and brought back
};

/// The state of every message of one log under one queue. Plain data: the time is always an
/// argument, so a test can live through fourteen days in a microsecond.
///
/// Contract
///   apply()   is the only way to change what is remembered, live and on replay alike. expire()
///             only turns "due" into "ready", which a replay does by itself once it knows the time.
///   Invariant a message is in exactly one of ready, in flight, delayed, dead, acked.
///   Memory    nothing for what was never delivered nor for what is acked; see touched.h.
///   Order     oldest first, and what came back is older than what is new. Only what was delivered
///             twice or more takes turns with the new ones, so that what fails over and over stops
///             nobody: of four messages handed out then one is such, going round, and three are
///             new, as long as there are both.
///   A lost operation (its journal block was damaged) never loses a message: what apply() finds
///             skipped without a reason becomes ready.
/// Threads     one at a time; the core.
class Delivery {
 public:
  /// Delivery begins at `start`; what lies before is none of ours.
  explicit Delivery(Offset start) : next_(start), visible_end_(start), rotor_(start) {}

  void apply(const Op& op);

  /// Up to `max` messages, ready ones only; without `fresh` none that was never delivered. Nothing
  /// changes.
  Choice choose(std::size_t max, bool fresh = true) const;
  /// Of those that are ready again only; the rest of the choice is as it was.
  Choice choose_again(std::size_t max) const;
  /// How many of `max` messages go to those that are ready again, as long as there are others.
  std::size_t quota_of_ready(std::size_t max) const;
  /// What `next` becomes when the messages of `runs` are delivered, whatever their order.
  Offset next_after(const Runs& runs) const;
  /// Applies the receive that was made from `choice`.
  void deliver(const Choice& choice, const ReceiveOp& op);
  Verdict verdict(Offset o, std::uint32_t nonce) const;
  /// Whether a consumer holds the message now.
  bool in_flight(Offset o) const;
  MessageView view(Offset o) const;
  /// Why a message is dead; empty: its receives were used up.
  std::string reason(Offset o) const;
  /// What was changed of the headers of messages that are not done with.
  const Edits& edits() const { return edits_; }

  /// See Touched::expire(). Those that are used up must be applied as dead in the same turn.
  void expire(Instant now, std::uint32_t receives_max, std::size_t limit, Expired& expired);
  /// When to call expire() next; nullopt when nothing waits for a time.
  std::optional<Instant> next_due();
  /// Messages before `end` may be delivered.
  void set_visible_end(Offset end);

  /// Everything before it is done with.
  Offset floor() const;
  /// First offset that was never delivered.
  Offset next() const { return next_; }
  Offset visible_end() const { return visible_end_; }
  bool has_ready() const { return fresh() > 0 || (touched_ && touched_->counts().ready > 0); }
  QueueCounters counters() const;
  /// Messages that take memory: received, delayed or dead.
  std::uint64_t marked() const { return touched_ ? touched_->counts().alive() : 0; }
  /// Whether one that was delivered before, or delayed, is ready: taking it takes no new memory.
  bool has_ready_again() const { return touched_ && touched_->counts().ready > 0; }
  /// Whether it was never delivered, delayed nor done with.
  bool is_fresh(Offset o) const { return o >= next_ && !(touched_ && touched_->mark(o)); }
  bool is_live(Offset o) const;
  std::int64_t live_in(Offset from, Offset upto) const;
  /// Up to `max` dead messages at or after `from`, in order.
  std::vector<Offset> dead_from(Offset from, std::size_t max) const;
  /// Ready messages that were delivered `receives_max` times (0: none): no expiry will look at
  /// them.
  std::vector<Offset> used_up(std::uint32_t receives_max) const;
  const Touched* touched() const { return touched_.get(); }

  void write(engine::ByteWriter& out) const;
  /// `has_edits`: since version 3 of the snapshot.
  bool read(engine::ByteReader& in, bool has_edits = true);
  /// Whether the counters are what counting gives: for tests.
  bool counters_are_right() const;

 private:
  void apply_one(const ReceiveOp& op);
  void apply_one(const AckOp& op);
  void apply_one(const NackOp& op);
  void apply_one(const ExtendOp& op);
  void apply_one(const DelayOp& op);
  void apply_one(const DeadOp& op);
  void apply_one(const ReleaseOp& op);
  void apply_one(const SkipOp& op);
  void apply_one(const ReviveOp& op);
  void apply_one(const EditOp& op);
  void apply_one(const RememberOp&) {}
  void apply_one(const ForgetIdsOp&) {}
  void apply_one(const FloorOp&) {}

  Touched& touch();
  std::int64_t fresh() const;
  struct Shares {
    std::size_t first = 0;  ///< ready again after one delivery at most
    std::size_t again = 0;  ///< after more
    std::size_t fresh = 0;
  };
  Shares shares(std::size_t max, std::size_t fresh) const;
  Touched::Counts ready_counts() const { return touched_ ? touched_->counts() : Touched::Counts{}; }
  void choose_first(std::size_t count, Runs& runs) const;
  Offset choose_ready(std::size_t count, Runs& runs) const;
  Offset choose_fresh(std::size_t count, Runs& runs) const;
  void hold(std::int64_t window, Bits bits, const ReceiveOp& op);
  void mark_new(std::int64_t window, Bits bits, const Mark& mark);
  template <class Change>
  void change(const Runs& runs, Change change);
  void advance_next(Offset to);
  void dissolve_acked(Offset from, Offset to);
  void pass_over_acked();
  void recover_skipped(Offset from, Offset upto);
  void set_reasons(const DeadOp& op);
  void forget_reasons(Offset from, Offset upto);
  /// The bits of `window` that are not delivered yet but visible.
  Bits ahead_of(std::int64_t window) const {
    return bits_from(window, next_) & bits_before(window, visible_end_);
  }

  Offset next_;
  Offset visible_end_;
  Offset rotor_;            // where the search for ready-again messages goes on
  std::int64_t ahead_ = 0;  // touched messages in [next_, visible_end_)
  std::uint8_t turn_ = 0;
  std::unique_ptr<Touched> touched_;
  std::unique_ptr<std::map<Offset, std::string>> reasons_;
  Edits edits_;
};

}  // namespace twofold::queue
