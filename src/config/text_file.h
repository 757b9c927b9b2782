#pragma once

#include <string>

#include "src/config/outcome.h"

namespace twofold::config {

/// A whole file. What is refused says why in the system's words, and leaves the name to the caller.
/// Sets errno to 0 first: after an empty text it tells a directory from an empty file.
Outcome<std::string> read_text_file(const std::string& path);

/// Whether others than the owner may read the file, which holds secrets.
bool readable_by_others(const std::string& path);

}  // namespace twofold::config
