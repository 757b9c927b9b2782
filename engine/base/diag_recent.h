#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/diag.h"

namespace twofold::engine {

inline constexpr std::size_t kDiagRecentMax = 1'000;

/// A line as it was written to stderr, in parts.
struct RecentDiag {
  WallTime at{0};
  DiagLevel level{};
  std::string component{};
  std::string message{};
  std::vector<std::pair<std::string, std::string>> fields{};  ///< values cut at 256 bytes
};

/// The newest lines of at least that level, oldest first: up to `max` of the last kDiagRecentMax
/// that were written. Safe from any thread.
std::vector<RecentDiag> diag_recent(DiagLevel least, std::size_t max);

}  // namespace twofold::engine
