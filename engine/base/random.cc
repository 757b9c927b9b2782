#include "engine/base/random.h"

#include <sodium.h>

namespace twofold::engine {

std::uint64_t SystemRandom::next_u64() {
  std::uint64_t value = 0;
  randombytes_buf(&value, sizeof value);
  return value;
}

}  // namespace twofold::engine
