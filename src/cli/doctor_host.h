#pragma once

#include <string>

#include "src/cli/doctor_checks.h"

namespace twofold::cli {

/// Whether another broker holds the data directory, and which.
Check check_lock(const std::string& directory);

/// Whether the listening address can be had.
Check check_port(const std::string& address);

/// The memory there is, against limits.memory or, without it, the sum of the budgets.
Check check_memory(const Config& config);

/// Whether system calls of this process are filtered (seccomp).
Check check_seccomp();

}  // namespace twofold::cli
