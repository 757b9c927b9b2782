#pragma once

#include "src/bench/http_text.h"
#include "src/config/outcome.h"

namespace twofold::bench {

/// A connected, non-blocking socket without Nagle's delay. The caller closes it.
Outcome<int> dial(const Target& target);

}  // namespace twofold::bench
