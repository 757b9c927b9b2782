#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/cli/failure.h"

namespace twofold::cli {

/// Runs `command` with the shell, `input` on its stdin and `variables` in its environment; stdout
/// and stderr are ours. The exit status as a shell reports it: 128 + n for signal n.
Tried<int> run_child(const std::string& command, std::string_view input,
                     const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace twofold::cli
