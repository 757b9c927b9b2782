#pragma once

#include <vector>

#include "src/cli/command.h"

namespace twofold::cli {

// The table in three parts, one for each kind of reader.
std::vector<Command> server_commands();
std::vector<Command> data_commands();
std::vector<Command> manage_commands();
std::vector<Command> measure_commands();
std::vector<Command> storage_commands();
std::vector<Command> setup_commands();

}  // namespace twofold::cli
