#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "queue/config.h"

namespace twofold::queue {

/// How long something took, many times over: two classes for each doubling from a millisecond to
/// days, so that a quantile is right to about a fifth. Counts wrap around; what is asked about is
/// how much they grew.
class Spread {
 public:
  static constexpr std::size_t kClasses = 56;

  void add(Duration took, std::uint32_t times = 1) { counts_[class_of(took)] += times; }
  /// What came since `before`, which is an earlier state of this.
  Spread since(const Spread& before) const;
  std::uint64_t count() const;
  /// In milliseconds; nullopt when nothing was added. Requires 0 < share <= 1.
  std::optional<double> quantile(double share) const;

 private:
  static std::size_t class_of(Duration took) {
    if (took.count() < 1) return 0;
    const auto ms = static_cast<std::uint64_t>(took.count());
    const auto doublings = static_cast<std::size_t>(std::bit_width(ms)) - 1;
    const std::size_t half = doublings > 0 ? (ms >> (doublings - 1)) & 1 : 0;
    return std::min(1 + 2 * doublings + half, kClasses - 1);
  }
  std::array<std::uint32_t, kClasses> counts_{};
};

/// What happened in a queue since the broker began: numbers that only grow.
struct Traffic {
  std::uint64_t delivered = 0;
  std::uint64_t redelivered = 0;  ///< of those: not for the first time
  std::uint64_t acked = 0;
  std::uint64_t passed_over = 0;  ///< left out by its filter, or dropped by a cleaning
  Spread waited;                  ///< from append to first delivery
  Spread worked;                  ///< from delivery to ack
  bool stirred = false;           ///< listed among those where something happened
};

/// One queue at one moment, for those who draw its past. Views are valid in the same turn.
struct QueueSample {
  const std::string& name;
  std::uint32_t id;
  std::string_view topic;  ///< that it reads; empty: it has a log of its own
  std::uint64_t appended;  ///< messages that its log ever had, but for those passed over
  const Traffic& traffic;
  QueueCounters counters;
};

}  // namespace twofold::queue
