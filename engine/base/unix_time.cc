#include "engine/base/unix_time.h"

#include <ctime>

namespace twofold::engine {

std::int64_t unix_nanoseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace twofold::engine
