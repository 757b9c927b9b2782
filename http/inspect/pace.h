#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/base/clock.h"

namespace twofold::http::inspect {

/// How many events somebody who asked for so many a second is sent one by one; the rest is told as
/// numbers. Counted in windows of a quarter of a second.
class Pace {
 public:
  static constexpr engine::Duration kWindow = std::chrono::milliseconds{250};

  /// Without a rate: all of them.
  explicit Pace(std::optional<std::uint32_t> per_second) : per_second_(per_second) {}

  bool limited() const { return per_second_.has_value(); }
  /// How many may still be sent in the window of `now`.
  std::size_t room(engine::Instant now);
  /// So many were sent, of those that came.
  void sent(std::size_t count) { sent_ += count; }
  /// When the window ends.
  engine::Instant window_end() const { return window_ + kWindow; }

 private:
  const std::optional<std::uint32_t> per_second_;
  engine::Instant window_{0};
  std::size_t sent_ = 0;
};

}  // namespace twofold::http::inspect
