#pragma once

#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/error.h"

namespace twofold::engine {

/// RFC 3339 in UTC with milliseconds: "2026-11-21T10:30:00.123Z". Always the same width, so that
/// texts sort as times do. A time outside the years 0000 to 9999, which RFC 3339 cannot say, is
/// written as the nearest one it can.
std::string format_time(WallTime time);

/// Reads RFC 3339, with "Z" or an offset, "T" or a blank, and any number of digits of the second
/// (what is below a millisecond is cut). A date alone is its first moment in UTC; second 60 of a
/// leap second is the moment after it. Error: invalid_request.
Result<WallTime> parse_time(std::string_view text);

}  // namespace twofold::engine
