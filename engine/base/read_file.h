#pragma once

#include <optional>
#include <string>

namespace twofold::engine {

/// A regular file as it is now, whole; nullopt when there is none or it cannot be read. For files
/// of people, beside the data: nothing the broker promises depends on it. Blocking.
std::optional<std::string> read_regular_file(const std::string& path);

}  // namespace twofold::engine
