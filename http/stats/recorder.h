#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"

namespace twofold::http::stats {

/// What is counted since the start of the broker.
struct Totals {
  std::uint64_t records_in = 0;   ///< appended to any log
  std::uint64_t bytes_in = 0;     ///< written to the journal
  std::uint64_t records_out = 0;  ///< given to readers and receivers
  std::uint64_t bytes_out = 0;    ///< written to clients: answers and streams
};

inline constexpr std::size_t kSeries = 4;
/// Their names, in the order of Totals.
inline constexpr std::array<std::string_view, kSeries> kSeriesNames = {"records_in", "bytes_in",
                                                                       "records_out", "bytes_out"};
/// How much of each there was within one step.
using Step = std::array<std::uint64_t, kSeries>;

/// The steps of a stretch of time, oldest first.
struct Chart {
  engine::Duration step{0};
  engine::WallTime end{0};  ///< of the last step
  std::vector<Step> steps;
};

/// The recent past in numbers, for charts: ten minutes by the second, a day by the minute.
/// Memory   65 KiB, taken as time passes.
/// Threads  any.
class Recorder {
 public:
  static constexpr std::size_t kSecondsMax = 600;
  static constexpr std::size_t kMinutesMax = 1440;

  /// To be called about once a second. A call that comes late stands for all the seconds since,
  /// up to a day.
  void sample(engine::Instant now, engine::WallTime wall, const Totals& totals);
  /// By the second for up to ten minutes, else by the minute. What was before the start is left
  /// out.
  Chart chart(engine::Duration window) const;

 private:
  class Ring {
   public:
    Ring(std::size_t most, engine::Duration step) : most_(most), step_(step) {}
    void push(const Step& step);
    Chart newest(std::size_t count, engine::WallTime end) const;
    engine::Duration step() const { return step_; }

   private:
    const std::size_t most_;
    const engine::Duration step_;
    std::vector<Step> steps_;
    std::size_t next_ = 0;  // the oldest, once it is full
  };
  /// The second that ended then.
  void push(const Step& step, engine::WallTime end);

  mutable std::mutex mutex_;
  std::optional<engine::Instant> at_;
  Totals totals_;
  engine::WallTime wall_{0};
  engine::WallTime minute_end_{0};
  Ring seconds_{kSecondsMax, std::chrono::seconds{1}};
  Ring minutes_{kMinutesMax, std::chrono::minutes{1}};
  Step minute_{};
  int seconds_in_minute_ = 0;
};

}  // namespace twofold::http::stats
