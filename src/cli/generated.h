#pragma once

#include <span>
#include <string_view>

namespace twofold::cli {

/// One file of deploy/ as it is inside the program.
struct Generated {
  std::string_view name;  ///< what `twofold generate` calls it
  std::string_view help;  ///< one line, no full stop
  std::string_view text;
};

/// All of them, ordered by name. Made when the program is built (cmake/EmbedDeploy.cmake).
std::span<const Generated> generated();

}  // namespace twofold::cli
