#include "http/access/failures.h"

#include <algorithm>
#include <functional>

namespace twofold::http::access {

bool Failures::take(std::string_view address, engine::Instant now) {
  constexpr std::int64_t kEach = 1'000;
  const std::lock_guard lock(mutex_);
  std::int64_t& paid = paid_until_[std::hash<std::string_view>{}(address) % kPlaces];
  const std::int64_t from = std::max(paid, now.value());
  if (from - now.value() > (kAtOnce - 1) * kEach) return false;
  paid = from + kEach;
  return true;
}

}  // namespace twofold::http::access
