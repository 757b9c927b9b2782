#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/read_plan.h"

namespace twofold::engine {

/// Cold batches that were fetched before somebody asked for them: whoever walks a long log in order
/// then finds what he wants in memory. Bounded by bytes over all logs; past the bound
/// some other log's go.
/// Threads  the core.
class ReadAhead {
 public:
  explicit ReadAhead(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// The batch that spans `offset`; null when it is not here.
  const StoredBatch* find(LogId log, Offset offset) const;
  /// Keeps batches of one log, in offset order, behind everything that is kept of it.
  void add(LogId log, const std::vector<StoredBatch>& batches);
  /// Where somebody who reads at `from` wants more to begin; nullopt when he has turned back.
  std::optional<Offset> next_from(LogId log, Offset from) const;
  /// How many bytes of batches are kept from `from` on.
  std::size_t bytes_from(LogId log, Offset from) const;
  /// What lies before is not wanted any more.
  void forget_before(LogId log, Offset upto);
  void drop(LogId log);
  bool has(LogId log) const { return logs_.contains(log); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    StoredBatch batch;
    Offset first;
    Offset upto;
  };
  using Log = std::deque<Kept>;


  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::unordered_map<LogId, Log> logs_;
};

}  // namespace twofold::engine
