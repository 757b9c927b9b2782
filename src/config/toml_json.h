#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/config/outcome.h"

namespace twofold::config {

/// A TOML document as JSON, so that what is described in either is read once. Dates and times
/// become texts. Errors name `path`, line and column.
Outcome<std::string> toml_as_json(std::string_view text, const std::string& path);

/// The line of each element of a top-level array, as of [[topic]] tables. Empty when `text` is no TOML
/// or has no such array.
std::vector<int> toml_array_lines(std::string_view text, std::string_view name);

}  // namespace twofold::config
