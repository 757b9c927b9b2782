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
/// days, so that a quantile is right to about a fifth.
class Spread {
 public:
  static constexpr std::size_t kClasses = 56;

  void add(Duration took, std::uint32_t times = 1) {
    counts_[class_of(took)] += times;
    sum_ms_ += static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)) * times;
  }
  /// What came since `before`, which is an earlier state of this.
  Spread since(const Spread& before) const;
  std::uint64_t count() const;
  std::uint64_t sum_ms() const { return sum_ms_; }
  /// How many took less. Exact where a doubling begins: 1, 2, 4, 8 ... milliseconds.
  std::uint64_t below(Duration bound) const;
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
  std::array<std::uint64_t, kClasses> counts_{};
  std::uint64_t sum_ms_ = 0;
};

/// What happened in a queue since the broker began: numbers that only grow.
struct Traffic {
  std::uint64_t delivered = 0;
  std::uint64_t redelivered = 0;  ///< of those: not for the first time
  std::uint64_t acked = 0;
  std::uint64_t passed_over = 0;  ///< left out by its filter, or dropped by a cleaning
  std::uint64_t timed_out = 0;    ///< held longer than they were hidden
  std::uint64_t nacked = 0;
  std::uint64_t died = 0;     ///< and went to the dead letter queue, or stayed as dead
  std::uint64_t expired = 0;  ///< older than the queue keeps messages
  std::uint64_t empty = 0;    ///< receives that got nothing
  Spread waited;                  ///< from append to first delivery
  Spread worked;                  ///< from delivery to ack
  bool stirred = false;           ///< listed among those where something happened
};

/// One queue at one moment, for metrics. Views are valid in the same turn.
struct QueueFigures {
  std::string_view name;
  QueueCounters counters;
  std::uint64_t sent = 0;  ///< messages that its log ever had, from where it began to read
  std::int64_t behind = 0;  ///< from the oldest that is not done with to the end
  bool attached = false;
  std::optional<WallTime> oldest{};  ///< when the oldest that is not done with was appended (about)
  std::size_t waiting = 0;           ///< receivers
  const Traffic* traffic = nullptr;  ///< null: nothing ever happened
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
