#pragma once

#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/error.h"

namespace twofold::engine {

/// The longest duration that can be written: a hundred years. Sums of two stay far from overflow.
inline constexpr Duration kDurationMax = std::chrono::hours{24 * 36'525};

/// Reads "250ms", "30s", "5m", "12h", "7d", also with a decimal part ("1.5h"), and a bare number as
/// seconds. Never negative; what is below a millisecond is refused rather than rounded.
/// Error: invalid_request.
Result<Duration> parse_duration(std::string_view text);

/// The shortest text that parse_duration() reads back as the same: the largest unit that divides
/// it. "0s" for nothing.
std::string format_duration(Duration duration);

}  // namespace twofold::engine
