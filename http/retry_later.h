#pragma once

#include <cstdint>
#include <string>

#include "engine/base/random.h"

namespace twofold::http {

/// What the Retry-After of a 503 or 507 says: 1 to 3 seconds, so that those who were sent away at
/// the same moment do not come back at the same moment. Of a used-up quota: access/charge.h.
inline std::string retry_later(engine::Random& random) {
  constexpr std::uint64_t kSecondsMax = 3;
  return std::to_string(1 + random.below(kSecondsMax));
}

}  // namespace twofold::http
