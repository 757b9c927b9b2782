#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "engine/core.h"

namespace twofold::log {

/// How far behind a reader is, in the unit that groups and queues share: what stands between it and
/// the end, and how old the first of that is. Of several partitions: the sums, and the oldest.
struct Lag {
  std::int64_t count = 0;
  std::uint64_t bytes = 0;
  std::optional<engine::WallTime> oldest;  ///< about when the first record was appended

  void add(const engine::LogBacklog& backlog) {
    if (backlog.records == 0) return;
    count += backlog.records;
    bytes += backlog.bytes;
    oldest = oldest ? std::min(*oldest, backlog.oldest_append) : backlog.oldest_append;
  }
  void add(const Lag& other) {
    count += other.count;
    bytes += other.bytes;
    if (other.oldest) oldest = oldest ? std::min(*oldest, *other.oldest) : *other.oldest;
  }
};

}  // namespace twofold::log
