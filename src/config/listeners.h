#pragma once

#include <vector>

#include "src/config/load.h"

namespace twofold::config {

/// What is wrong with the addresses that `config` listens on, taken together: one that is open to
/// others while nobody is asked for a key, and one that stands in it twice.
void check_listeners(const Config& config, std::vector<Problem>& problems);

}  // namespace twofold::config
