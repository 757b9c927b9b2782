#pragma once

#include <optional>

#include "engine/cleaning.h"
#include "log/topics.h"

namespace twofold::log {

/// Whether a partition is worth cleaning now, and how much so: the greater, the sooner. Nullopt:
/// not yet. Plain function; `status` is of the part before compaction_end().
///
/// It is when the dirty part makes up the asked share of what would have to be read (and is worth
/// the while at all), when something dirty is older than max_lag, or when tombstones have had their
/// time.
std::optional<double> urgency(const Compaction& compaction, const engine::CleaningStatus& status,
                              WallTime now);

/// How much of it is dirty: 0 to 1.
double dirty_ratio(const engine::CleaningStatus& status);

/// How often partitions of such a topic are looked at.
Duration pace(const Compaction& compaction);

}  // namespace twofold::log
