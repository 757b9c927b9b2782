#pragma once

#include <cstdint>
#include <string>

namespace twofold::test {

/// What a client says when it gives a message up; 0: nothing.
inline std::string reason_text(std::int32_t reason) {
  return reason == 0 ? std::string() : "because-" + std::to_string(reason);
}

}  // namespace twofold::test
