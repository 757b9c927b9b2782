#pragma once

#include "src/cli/args.h"
#include "src/cli/json_text.h"

namespace twofold::cli {

/// The settings of a queue that were given as flags, as members of its document.
JsonObject queue_settings(const Args& args);

}  // namespace twofold::cli
