#pragma once

#include <string>

#include "src/config/outcome.h"

namespace twofold::config {

/// A whole file, or nothing of it. What is refused says why in the system's words, and leaves the
/// name to the caller.
Outcome<std::string> read_text_file(const std::string& path);

/// Whether others than the owner may read the file, which holds secrets.
bool readable_by_others(const std::string& path);

}  // namespace twofold::config
