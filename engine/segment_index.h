#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/file_system.h"
#include "engine/segment_format.h"

namespace twofold::engine {

/// Which logs a segment holds and where, in memory.
struct SegmentIndex {
  struct Log {
    SegmentLog place;
    std::string items;  ///< IndexItems as they are stored; at least one

    /// The last item at or before `offset`, or else the first one.
    IndexItem find(Offset offset) const;
    /// The last item before which no batch has a timestamp at or after `time`.
    IndexItem find(WallTime time) const;
  };
  std::vector<Log> logs;  ///< ascending
  bool scanned = false;   ///< from the entries that verify: what is not in here may be damaged
  bool refused = false;   ///< the device did not give all of them: worth another try

  const Log* find(LogId log) const;
  std::size_t memory_bytes() const;
};

/// Reads and verifies table and index of a segment: by footer B, else by footer A, else from the
/// entries themselves. Blocking.
/// Errors: newer_version; data_damaged when the file is another segment; io.
Result<std::shared_ptr<const SegmentIndex>> load_segment_index(File& file, SegmentId id);

/// Indexes of the segments read last, within a budget. One that is larger than the budget is kept
/// until the next one comes.
/// Threads  any.
class SegmentIndexCache {
 public:
  explicit SegmentIndexCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  std::shared_ptr<const SegmentIndex> find(SegmentId id);
  void put(SegmentId id, std::shared_ptr<const SegmentIndex> index);
  void drop(SegmentId id);
  std::size_t bytes() const;

 private:
  using Entries = std::list<std::pair<SegmentId, std::shared_ptr<const SegmentIndex>>>;
  void erase(Entries::iterator entry);

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::size_t bytes_ = 0;                                   // guarded by mutex_
  Entries entries_;                                         // guarded by mutex_; newest first
  std::unordered_map<SegmentId, Entries::iterator> by_id_;  // guarded by mutex_
};

}  // namespace twofold::engine
