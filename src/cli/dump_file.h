#pragma once

#include <cstdint>
#include <string>

#include "engine/base/file_system.h"
#include "src/cli/failure.h"
#include "src/cli/terminal.h"

namespace twofold::cli {

/// Prints what stands in one journal file or segment of a data directory, a JSON object a line with
/// the place of each piece, at most `lines_max`. Answers how many stretches do not verify.
Tried<std::uint64_t> dump_file(const Terminal& terminal, engine::FileSystem& files,
                               const std::string& directory, const std::string& name,
                               std::uint64_t lines_max);

}  // namespace twofold::cli
