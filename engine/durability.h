#pragma once

#include <string_view>

namespace twofold::engine {

/// What an acknowledgement promises. Every answer says which one it got.
enum class Durability {
  memory,  ///< accepted; rides the next commit; a killed process may lose it
  os,      ///< written to the kernel: survives a killed process, not a power cut
  disk,    ///< synced to the device: survives both (the default)
};

/// As settings and answers spell it.
inline std::string_view durability_text(Durability durability) {
  switch (durability) {
    case Durability::memory: return "memory";
    case Durability::os: return "os";
    case Durability::disk: return "disk";
  }
  __builtin_unreachable();
}

}  // namespace twofold::engine
