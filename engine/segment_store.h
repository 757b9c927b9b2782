#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/ids.h"
#include "engine/read_plan.h"

namespace twofold::engine {

/// What one segment holds of one log.
struct SegmentRange {
  LogId log;
  Offset first;            ///< base offset of the first batch
  Offset upto;             ///< one past the last offset of the last batch
  std::uint64_t bytes;     ///< of batches
  WallTime max_timestamp;  ///< newest record timestamp
  WallTime append_time;    ///< when its newest batch was appended
  std::uint64_t records = 0;  ///< that were in the batches when it was written; 0: not known here
};

/// A sealed file of record batches, sorted by (log, offset), with a sparse index. Immutable;
/// readable on any thread for as long as somebody holds it, even after it was removed from the
/// store.
class Segment : public ColdSource {
 public:
  virtual SegmentId id() const = 0;
  virtual std::uint64_t file_bytes() const = 0;
  /// Ranges in log order. Blocking the first time (the footer is loaded on demand).
  virtual Result<std::vector<SegmentRange>> ranges() const = 0;
  /// Base offset of the first batch of `log` whose newest timestamp is at or after `time`;
  /// the range's `upto` when there is none. Blocking.
  virtual Result<Offset> find_time(LogId log, WallTime time) const = 0;
};

/// Writes one segment. Blocking; any one thread.
class SegmentWriter {
 public:
  virtual ~SegmentWriter() = default;
  /// Batches come in ascending (log, offset).
  virtual Result<> add(LogId log, const StoredBatch& batch, WallTime append_time) = 0;
  virtual std::uint64_t bytes() const = 0;
  /// Index, footer, sync of file and directory: the segment exists once this returns.
  virtual Result<std::vector<SegmentRange>> finish() = 0;
};

/// Sealed files, named by number. A segment that was never finished does not exist: list() leaves
/// it out and clean_up() removes what a crash left of it.
class SegmentStore {
 public:
  virtual ~SegmentStore() = default;
  virtual Result<std::unique_ptr<SegmentWriter>> create(SegmentId id) = 0;
  virtual Result<std::shared_ptr<const Segment>> open(SegmentId id) = 0;
  virtual Result<> remove(SegmentId id) = 0;
  virtual Result<std::vector<SegmentId>> list() = 0;
  /// Moves segments not in `known` to orphans/ and says how many that were.
  virtual Result<std::size_t> clean_up(const std::vector<SegmentId>& known) = 0;
};

}  // namespace twofold::engine
