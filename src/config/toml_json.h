#pragma once

#include <string>
#include <string_view>

#include "src/config/outcome.h"

namespace twofold::config {

/// A TOML document as JSON, so that what is described in either is read once. Dates and times
/// become texts. Errors name `path`, line and column.
Outcome<std::string> toml_as_json(std::string_view text, const std::string& path);

}  // namespace twofold::config
