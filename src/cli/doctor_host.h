#pragma once

#include <cstdint>
#include <string>

#include "src/cli/doctor_checks.h"

namespace twofold::cli {

/// Whether another broker holds the data directory, and which.
Check check_lock(const std::string& directory);

/// Whether the listening address can be had.
Check check_port(const std::string& address);

/// The memory there is, against what the broker may use (0: half of what there is).
Check check_memory(std::uint64_t configured);

}  // namespace twofold::cli
