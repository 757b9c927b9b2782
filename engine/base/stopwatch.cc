#include "engine/base/stopwatch.h"

#include <ctime>

namespace twofold::engine {

std::int64_t Stopwatch::read_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace twofold::engine
