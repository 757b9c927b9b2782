#include "src/cli/pace.h"

#include <algorithm>

#include <poll.h>

#include "src/cli/interrupt.h"

namespace twofold::cli {

bool wait_for(std::chrono::milliseconds duration) {
  if (interrupted()) return false;
  // A signal ends the wait: its handler is installed without SA_RESTART.
  ::poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(duration.count(), 1'000'000)));
  return !interrupted();
}

std::uint64_t Pace::due(std::uint64_t wanted) const {
  if (!per_second_ || *per_second_ <= 0) return wanted;
  const double seconds = std::chrono::duration<double>(since_first_.elapsed()).count();
  const auto allowed = static_cast<std::uint64_t>(seconds * *per_second_) + 1;
  return allowed > taken_ ? std::min(wanted, allowed - taken_) : 0;
}

bool Pace::wait() const {
  if (due(1) > 0) return !interrupted();
  const double at = static_cast<double>(taken_) / *per_second_;
  const double seconds = std::chrono::duration<double>(since_first_.elapsed()).count();
  const auto millis = static_cast<std::int64_t>((at - seconds) * 1000) + 1;
  return wait_for(std::chrono::milliseconds(std::max<std::int64_t>(millis, 1)));
}

}  // namespace twofold::cli
