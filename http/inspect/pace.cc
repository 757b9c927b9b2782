#include "http/inspect/pace.h"

#include <algorithm>

namespace twofold::http::inspect {

std::size_t Pace::room(engine::Instant now) {
  if (!per_second_) return SIZE_MAX;
  if (now >= window_end()) {
    window_ = now;
    sent_ = 0;
  }
  constexpr auto kWindows = static_cast<std::size_t>(std::chrono::seconds{1} / kWindow);
  const std::size_t most = std::max<std::size_t>(*per_second_ / kWindows, 1);
  return most - std::min(most, sent_);
}

}  // namespace twofold::http::inspect
