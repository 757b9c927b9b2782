#pragma once

#include "src/cli/args.h"
#include "src/cli/command.h"

namespace twofold::cli {

/// Checks every value given for `flag` against the type it declares, so that the command itself
/// reads values that are known to be good.
Tried<> check_flag(const Flag& flag, const Args& args);

}  // namespace twofold::cli
