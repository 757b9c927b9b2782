#pragma once

namespace twofold::engine {

/// What an acknowledgement promises. Every answer says which one it got.
enum class Durability {
  memory,  ///< accepted; rides the next commit; a killed process may lose it
  os,      ///< written to the kernel: survives a killed process, not a power cut
  disk,    ///< synced to the device: survives both (the default)
};

}  // namespace twofold::engine
