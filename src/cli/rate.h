#pragma once

#include <string_view>

#include "src/config/outcome.h"

namespace twofold::cli {

/// "50", "50/s", "3000/m", "1/h" as events a second.
Outcome<double> parse_rate(std::string_view text);

}  // namespace twofold::cli
