#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/config/outcome.h"

namespace twofold::cli {

/// Fills in {{.Count}} (`count`, from 1), {{.Time}} (now, RFC 3339), {{.Random N}} (N random
/// letters and digits) and {{.UUID}}.
Outcome<std::string> fill_template(std::string_view text, std::uint64_t count);

}  // namespace twofold::cli
