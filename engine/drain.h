#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/read_plan.h"
#include "engine/record_batch.h"
#include "engine/segment_store.h"

namespace twofold::engine {

/// Says what is written instead of a batch that is copied.
class BatchRewriter {
 public:
  virtual ~BatchRewriter() = default;
  /// The batch itself, another one at the same offsets, or none. Batches come in order.
  virtual std::optional<StoredBatch> rewrite(const StoredBatch& batch,
                                             const BatchHeader& header) = 0;
};

/// What is to be kept of one log: where its bytes are, and which offsets still matter.
struct DrainLog {
  LogId log;
  ReadPlan plan;
  Offset start;                          ///< records before this are gone
  Offset upto;                           ///< records from here on stay where they are
  WallTime append_time;                  ///< of the newest batch
  /// Live offsets, ascending, when not all of [start, upto) are.
  std::optional<std::vector<Offset>> live;
  BatchRewriter* rewriter = nullptr;     ///< decides instead, when there is one
};

/// A segment that a drain has written.
struct DrainedSegment {
  SegmentId id;
  std::vector<SegmentRange> ranges;
};

/// Calls visit(batch) for every batch of a piece until that answers false: a source may stop at its
/// limit, and says the rest when it is asked again. What cannot be read is told to damaged(from,
/// upto), and stepped over; with none to tell it to it is the error. Blocking; not on the core.
Result<> each_batch(LogId log, const ReadPlan::Piece& piece,
                    const std::function<Result<bool>(const StoredBatch&)>& visit,
                    const std::function<void(Offset, Offset)>& damaged);

/// What to do about bytes that cannot be read. A device that fails for a moment must not cost for
/// ever what it holds: only a drain that failed again and again leaves such bytes out.
enum class Unreadable { fail, leave_out };

/// Copies what lives into new segments, sorted by log and offset. Offsets never change; a batch of
/// which only some records live is rewritten with gaps. With `leave_out` a batch that cannot be
/// read is left out and named in `damaged`, so that one bad sector does not stop the rest.
/// Draining a journal file and rewriting a mostly dead segment are this same function.
/// After an error nothing is left of what it wrote. Blocking; the storage pool.
struct DrainOutcome {
  std::vector<DrainedSegment> segments;
  std::vector<std::pair<LogId, std::pair<Offset, Offset>>> damaged;
  std::uint64_t bytes = 0;
};
Result<DrainOutcome> write_drain(SegmentStore& store, std::uint64_t first_segment_id,
                                 std::uint64_t segment_bytes, const std::vector<DrainLog>& logs,
                                 Unreadable unreadable);

}  // namespace twofold::engine
