#include "engine/base/clock.h"

#include <ctime>

namespace twofold::engine {
namespace {

std::int64_t read_ms(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

}  // namespace

SystemClock::SystemClock() : base_ms_(read_ms(CLOCK_REALTIME) - read_ms(CLOCK_BOOTTIME)) {}

Instant SystemClock::now() const { return Instant{base_ms_ + read_ms(CLOCK_BOOTTIME)}; }

WallTime SystemClock::wall() const { return WallTime{read_ms(CLOCK_REALTIME)}; }

void SystemClock::resume_from(ClockReading last) {
  const Instant here = last.instant + std::max(Duration::zero(), wall() - last.wall);
  base_ms_ += (here - now()).count();
}

}  // namespace twofold::engine
