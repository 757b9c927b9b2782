#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace twofold::cli {

/// What a process of this machine has used, from /proc; nothing when it is gone or not readable.
std::optional<double> cpu_seconds_of(int pid);
std::optional<std::uint64_t> resident_bytes_of(int pid);
/// What the files below a directory take on the device; nullopt when it cannot be listed.
std::optional<std::uint64_t> disk_bytes_of(const std::string& directory);

}  // namespace twofold::cli
