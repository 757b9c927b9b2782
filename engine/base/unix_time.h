#pragma once

#include <cstdint>

namespace twofold::engine {

/// The calendar in nanoseconds since 1970 UTC, for what is told to others; nothing the broker
/// decides may depend on it. CLOCK_REALTIME. Any thread.
std::int64_t unix_nanoseconds();

}  // namespace twofold::engine
