#pragma once

#include <string>
#include <string_view>

#include "src/cli/command.h"

namespace twofold::cli {

/// The overview of all commands.
std::string overview_help();

/// The verbs of one noun: `twofold topic --help`.
std::string noun_help(std::string_view noun);

/// One sentence, usage, flags with defaults, three examples, see also.
std::string command_help(const Command& command);

}  // namespace twofold::cli
