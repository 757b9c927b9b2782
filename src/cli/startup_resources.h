#pragma once

#include "src/cli/failure.h"
#include "src/config/config.h"
#include "src/serve/serve.h"

namespace twofold::cli {

/// What `serve` does before it lets clients in: makes and changes topics and queues as
/// resources.file says (resources.h), if there is one. The file is read here; mistakes in it name
/// file and line.
Tried<Prepare> startup_resources(const Config& config);

}  // namespace twofold::cli
