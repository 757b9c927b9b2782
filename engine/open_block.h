#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core.h"
#include "engine/journal.h"
#include "engine/log_index.h"
#include "engine/record_batch.h"

namespace twofold::engine {

/// A batch of a sealed block, and which log it belongs to.
struct PlacedBatch {
  LogId log;
  Extent extent;
};

/// Everything that waits for one block.
struct CommitWaiter {
  Durability durability;
  Completion<Durability> done;
};

/// A block whose bytes are final.
struct SealResult {
  SealedBlock block;
  std::uint32_t header_crc;
  std::vector<PlacedBatch> batches;
  std::uint64_t next_record_seq;
};

/// The block being gathered while the one before it is written: many requests, one sync.
///
/// Records for one log share a batch until it reaches kCoalescedBytesMax. Inside the block stand
/// first the catalog's entries (so that a log exists before its records), then the batches, then
/// everything that rooms noted, in order. Plain data; the core only.
class OpenBlock {
 public:
  /// The record's offset is `log.end`, which moves on by one.
  Offset append(LogIndex& log, const NewRecord& record);
  Offset append_batch(LogIndex& log, std::string_view batch);
  void note(EntryType type, std::uint32_t owner, std::string_view payload);
  void wait(CommitWaiter waiter) { waiters_.push_back(std::move(waiter)); }

  bool empty() const { return batches_.empty() && entries_ == 0 && waiters_.empty(); }
  /// What the block would take on the device, padding included.
  std::size_t stored_bytes() const;
  std::size_t gathered_bytes() const { return bytes_; }
  std::vector<CommitWaiter> take_waiters() { return std::exchange(waiters_, {}); }
  bool has_waiters() const { return !waiters_.empty(); }

  /// Makes the block final and starts over. Batches get their places in the total order from
  /// `record_seq` on.
  SealResult seal(const BlockPlan& plan, std::uint64_t stream_id, std::uint64_t incarnation,
                  ClockReading now, std::uint64_t record_seq);

 private:
  struct OpenBatch {
    LogIndex* log;
    LogId id;
    BatchBuilder builder;
    std::string whole;  // a batch that came ready made; the builder is then unused
    Offset upto;
  };
  std::int32_t open_batch_for(LogIndex& log, std::size_t more_bytes);
  PlacedBatch place(const OpenBatch& batch, const BlockPlan& plan, WallTime now,
                    std::uint64_t record_seq);

  std::vector<OpenBatch> batches_;
  std::string catalog_;  // encoded entries
  std::string notes_;    // encoded entries
  std::uint32_t entries_ = 0;
  std::size_t bytes_ = 0;
  std::vector<CommitWaiter> waiters_;
  std::string payload_;  // kept for its capacity
};

}  // namespace twofold::engine
