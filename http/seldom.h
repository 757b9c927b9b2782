#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "engine/base/clock.h"

namespace twofold::http {

/// How often something is worth a line in the log that clients could bring about as often as they
/// like: once a minute, with the number of times that it has happened since.
/// Threads  any.
class Seldom {
 public:
  /// Counts one. The number of times since the last line when it is time for another; else nullopt.
  std::optional<std::uint64_t> again(engine::Instant now) {
    const std::lock_guard lock(mutex_);
    ++count_;
    if (next_ && now < *next_) return std::nullopt;
    next_ = now + std::chrono::minutes{1};
    return std::exchange(count_, 0);
  }

 private:
  std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::optional<engine::Instant> next_;
};

}  // namespace twofold::http
