#pragma once

#include <cstdint>
#include <optional>

namespace twofold::cli {

/// What a process of this machine has used, from /proc; nothing when it is gone or not readable.
std::optional<double> cpu_seconds_of(int pid);
std::optional<std::uint64_t> resident_bytes_of(int pid);

}  // namespace twofold::cli
