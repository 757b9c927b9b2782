#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/core.h"

namespace twofold::log {

/// Who writes, as one string: a name over the native API, a 64-bit number over Kafka's. The two
/// never meet.
class ProducerId {
 public:
  static ProducerId named(std::string_view name);
  static ProducerId numbered(std::int64_t number);
  /// nullopt when it is not one of the two.
  static std::optional<ProducerId> from_bytes(std::string_view bytes);

  const std::string& bytes() const { return bytes_; }
  bool is_number() const { return bytes_.front() == kNumber; }

  friend auto operator<=>(const ProducerId&, const ProducerId&) = default;

 private:
  static constexpr char kName = 'n';
  static constexpr char kNumber = 'k';
  explicit ProducerId(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

/// What a producer's numbers count through: all records it sends to a topic, or, as Kafka has it,
/// those of one partition.
struct ProducerScope {
  std::uint32_t topic;
  std::int32_t partition = -1;  ///< -1: the whole topic

  friend auto operator<=>(const ProducerScope&, const ProducerScope&) = default;
};

/// Where a record is, and what it says: a number used again for something else is a mistake.
struct ProducedPlace {
  engine::PartitionId partition;
  engine::Offset offset;
  std::uint32_t crc = 0;  ///< 0: not compared

  friend bool operator==(const ProducedPlace&, const ProducedPlace&) = default;
};

/// Records that were written together, with numbers that follow each other. `places` has one for
/// each, or a single one when they lie one after the other in one partition.
struct ProducedBatch {
  std::int64_t first_seq = 0;
  std::int64_t count = 0;
  std::vector<ProducedPlace> places{};

  std::int64_t last_seq() const { return first_seq + count - 1; }
  ProducedPlace place(std::int64_t seq) const;
  friend bool operator==(const ProducedBatch&, const ProducedBatch&) = default;
};

/// What is known of one producer in one scope. Plain data.
struct ProducerState {
  static constexpr std::size_t kBatches = 5;

  std::int32_t epoch = 0;
  std::deque<ProducedBatch> batches{};  ///< the newest last, at most kBatches
  engine::Instant used{0};
  std::int64_t durable_seq = -1;  ///< no crash takes back records up to this one

  std::int64_t last_seq() const { return batches.empty() ? -1 : batches.back().last_seq(); }
};

/// Judges one record of a producer, before anything is written. nullopt: it comes next. A place: it
/// was written before, there. `state` may be null: a producer of whom nothing is known may begin
/// with any number.
/// Errors (Kafka's code)  out_of_order_sequence (45): numbers are left out, a new epoch does not
///         begin with 0, or the number was used too long ago or for another record; producer_fenced
///         (47): an older epoch. Error::actual says what was expected.
engine::Result<std::optional<ProducedPlace>> judge(const ProducerState* state, std::int32_t epoch,
                                                   std::int64_t seq, std::uint32_t crc);
/// The same for a whole batch over Kafka's protocol, which must be one of the last five to be taken
/// for a duplicate; numbers go on with 0 after 2^31 - 1. The place of its first record.
engine::Result<std::optional<ProducedPlace>> judge_batch(const ProducerState* state,
                                                         std::int32_t epoch, std::int64_t first_seq,
                                                         std::int64_t count);

/// Something a producer wrote: what the journal keeps of it.
struct ProducedNote {
  ProducerId id;
  ProducerScope scope;
  std::int32_t epoch;
  ProducedBatch batch;
};

struct ProducerLimits {
  engine::Duration idle_max = std::chrono::hours{24 * 7};  ///< then it is forgotten
  std::size_t bytes_max = 64 << 20;                        ///< of memory, for all of them
};

/// Producers that number what they write, so that a record sent twice is stored once.
///
/// Contract
///   judge()  against find(), for every record, before anything is written; room() beside it.
///   wrote()  in the turn of the records: the journal keeps both or neither.
///   durable()  once no crash takes them back.
/// A producer is forgotten after `idle_max` without a record, and with its topic.
/// Errors   room(): overloaded.
/// Memory   about 250 bytes for a producer in a topic and 24 for each record of its last five
/// batches. Threads  the core only.
class Producers final : public engine::StateMachine, public engine::TimerTarget {
 public:
  /// `exists` says whether there is a topic of that id.
  Producers(engine::Core& core, ProducerLimits limits, std::function<bool(std::uint32_t)> exists);

  const ProducerState* find(const ProducerId& id, ProducerScope scope) const;
  engine::Result<> room(std::size_t producers, std::size_t records);
  void wrote(ProducedNote note);
  void durable(const ProducerId& id, ProducerScope scope, std::int32_t epoch, std::int64_t seq);
  void forget_topic(std::uint32_t topic);

  /// What is known of a producer, by scope.
  std::vector<std::pair<ProducerScope, const ProducerState*>> of(const ProducerId& id) const;
  std::size_t size() const { return order_.size(); }
  std::size_t bytes() const { return bytes_; }

  // engine::StateMachine, engine::TimerTarget
  engine::Result<> apply(std::uint32_t owner, std::string_view payload,
                         engine::Instant at) override;
  void snapshot(engine::ByteWriter& out) const override;
  engine::Result<> restore(engine::ByteReader& in) override;
  void recovered(engine::Instant now) override;
  void on_timer(std::uint32_t owner, std::uint64_t token, engine::Instant now) override;

 private:
  struct Known {
    ProducerId id;
    ProducerScope scope;
    ProducerState state;
  };
  using Order = std::list<Known>;
  /// The scopes of a producer are few.
  using Scopes = std::vector<Order::iterator>;

  Order::iterator* slot(const ProducerId& id, ProducerScope scope);
  ProducerState& state_of(const ProducerId& id, ProducerScope scope);
  void change(ProducedNote note, engine::Instant at);
  Order::iterator erase(Order::iterator known);
  void forget_upto(engine::Instant upto);
  void forget_idle(engine::Instant now);
  void arm();

  engine::Core& core_;
  const ProducerLimits limits_;
  const std::function<bool(std::uint32_t)> exists_;
  Order order_;  // by last use, the oldest first
  std::unordered_map<std::string, Scopes> by_id_;
  std::size_t bytes_ = 0;
  bool armed_ = false;
};

}  // namespace twofold::log
