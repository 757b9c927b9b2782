#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/config/outcome.h"

namespace twofold::cli {

/// A place in a topic, as typed: `start` `end` `47` `+2` (from the start) `-3` (from the end)
/// `@2026-11-20T10:00Z` `@-2h` `@1700000000000`, each with an optional partition: `1:47`.
struct Position {
  enum class Kind { start, end, offset, after_start, before_end, time, ago };
  Kind kind = Kind::end;
  std::int64_t number = 0;            // offset, or records from start or end
  std::chrono::milliseconds time{0};  // time: since 1970 UTC; ago: how long ago
  std::optional<int> partition;
};

Outcome<Position> parse_position(std::string_view text);

/// What the API calls the same place: "earliest", "latest", "47", "-2h" or an RFC 3339 time.
/// `first` and `end` are the partition's bounds, needed for after_start and before_end only.
std::string api_position(const Position& position, std::int64_t first, std::int64_t end);

/// Whether api_position needs to know the partition's bounds.
bool needs_bounds(const Position& position);

/// "2026-11-20", "2026-11-20T10:00", "2026-11-20T10:00:00.5+01:00"; UTC when no zone is given.
Outcome<std::chrono::milliseconds> parse_time(std::string_view text);

/// RFC 3339 in UTC with milliseconds.
std::string format_time(std::chrono::milliseconds since_epoch);

}  // namespace twofold::cli
