#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/core.h"

namespace twofold::queue {

/// As many of some messages as may be read together.
struct Fitting {
  std::size_t count;  ///< from the first on
  std::size_t bytes;  ///< that reading them takes, at most
  engine::ReadPlan plan;
};

/// Halves the messages (in order of offset) until their records are no more than `bytes_max`, or
/// `least` of them are left.
inline Fitting fit(const engine::Core& core, engine::LogId log,
                   const std::vector<engine::Offset>& offsets, std::size_t bytes_max,
                   std::size_t least) {
  std::vector<engine::Offset> some = offsets;
  for (;;) {
    if (some.empty()) return {0, 0, engine::ReadPlan(log)};
    engine::ReadPlan plan = core.plan_offsets(log, some);
    std::size_t bytes = 0;
    for (const auto& piece : plan.pieces())
      bytes += piece.cold ? piece.bytes_max : piece.batch.bytes.size();
    if (bytes <= bytes_max || some.size() <= least) return {some.size(), bytes, std::move(plan)};
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(std::max(least, some.size() / 2)),
               some.end());
  }
}

}  // namespace twofold::queue
