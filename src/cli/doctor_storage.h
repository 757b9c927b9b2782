#pragma once

#include <string>
#include <vector>

#include "src/cli/doctor_checks.h"

namespace twofold::cli {

/// How the file system of an existing directory is mounted.
Check check_mount(const std::string& directory);

/// This machine's clock against the one that a file written in `directory` gets: on a network file
/// system that is another machine's. Uses a nameless file.
Check check_clock(const std::string& directory);

/// How the last broker stopped, and whether what it wrote last verifies: superblocks, checkpoints,
/// the journal behind the newest, the newest segment. Nothing where a broker runs or nothing is
/// stored yet. Writes nothing, not even the lock.
std::vector<Check> check_stored(const std::string& directory);

}  // namespace twofold::cli
