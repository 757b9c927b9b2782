#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/config/outcome.h"

namespace twofold {

/// Durations and sizes as people write them, the same in the file, the environment and every flag.
///
/// A duration is a number with one of `ms s m h d`: "250ms", "1.5s", "7d". Zero needs no unit; any
/// other bare number is refused, because "30" meant seconds to one reader and milliseconds to the
/// next.
Outcome<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A size in bytes: "512", "128B", "64KiB", "1MiB", "2GiB", "1TiB" (powers of 1024) and "10kB",
/// "10MB", "1GB", "1TB" (powers of 1000). Case of the letters does not matter.
Outcome<std::uint64_t> parse_size(std::string_view text);

/// A whole number without sign, digits only.
Outcome<std::uint64_t> parse_count(std::string_view text);

/// The shortest exact spelling: 90'000 ms is "90s", 3'600'000 ms is "1h".
std::string format_duration(std::chrono::milliseconds duration);

/// The largest power of 1024 that divides it: 65536 is "64KiB", 1000 is "1000B", 0 is "0".
std::string format_size(std::uint64_t bytes);

/// For people, rounded, in the unit that says something: "3.0 GiB", "512 MiB", "20 KiB".
std::string about_size(std::uint64_t bytes);

}  // namespace twofold
