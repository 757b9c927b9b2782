#include "log/compaction.h"

#include <algorithm>

namespace twofold::log {
namespace {

using namespace std::chrono_literals;

// Less than this is not worth a cleaning of its own accord: a new file, a few syncs.
constexpr std::uint64_t kDirtyBytesMin = 1 << 20;
constexpr Duration kPaceMin = 100ms;
constexpr Duration kPaceMax = 15s;
constexpr double kOverdue = 2;  // before any ratio

}  // namespace

double dirty_ratio(const engine::CleaningStatus& status) {
  const auto all = status.clean_bytes + status.dirty_bytes;
  if (all == 0) return 0;
  return static_cast<double>(status.dirty_bytes) / static_cast<double>(all);
}

std::optional<double> urgency(const Compaction& compaction, const engine::CleaningStatus& status,
                              WallTime now) {
  const double ratio = dirty_ratio(status);
  const bool dirty = status.oldest_dirty.value() != 0;
  if (dirty && compaction.max_lag && status.oldest_dirty + *compaction.max_lag <= now)
    return kOverdue;
  if (status.tombstones_due && *status.tombstones_due <= now) return kOverdue;
  if (status.dirty_bytes < kDirtyBytesMin || ratio < compaction.min_dirty_ratio)
    return std::nullopt;
  return ratio;
}

Duration pace(const Compaction& compaction) {
  const Duration shortest =
      std::min(compaction.max_lag.value_or(kPaceMax), compaction.delete_retention);
  return std::clamp(shortest, kPaceMin, kPaceMax);
}

}  // namespace twofold::log
