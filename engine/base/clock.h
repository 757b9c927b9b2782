#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "engine/base/strong.h"

namespace twofold::engine {

using Duration = std::chrono::milliseconds;

/// Broker time in milliseconds. Never steps back and never jumps with the calendar: visibility,
/// delays, deadlines and what is remembered for a while live on it. A new broker begins at the
/// calendar's value; from then on it counts what passes, and the journal carries it over a restart,
/// so that a deadline written before a crash still means the same moment after.
using Instant = Strong<struct InstantTag, std::int64_t>;

/// Calendar time in milliseconds since 1970 UTC: record timestamps and retention.
using WallTime = Strong<struct WallTimeTag, std::int64_t>;

constexpr Instant operator+(Instant t, Duration d) { return Instant{t.value() + d.count()}; }
constexpr Instant operator-(Instant t, Duration d) { return Instant{t.value() - d.count()}; }
constexpr Duration operator-(Instant a, Instant b) { return Duration{a.value() - b.value()}; }
constexpr WallTime operator+(WallTime t, Duration d) { return WallTime{t.value() + d.count()}; }
constexpr WallTime operator-(WallTime t, Duration d) { return WallTime{t.value() - d.count()}; }
constexpr Duration operator-(WallTime a, WallTime b) { return Duration{a.value() - b.value()}; }

/// Both kinds of time, read at one moment.
struct ClockReading {
  Instant instant{0};
  WallTime wall{0};
};

/// The only source of time. Safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
  /// Called once, with the newest reading that an earlier run wrote down: broker time goes on from
  /// there, and what the calendar says has passed since counts. A calendar that stands before that
  /// reading has been set back: then nothing has passed. now() may be less than it was before.
  virtual void resume_from(ClockReading last) = 0;
};

/// CLOCK_BOOTTIME and CLOCK_REALTIME.
class SystemClock final : public Clock {
 public:
  SystemClock();
  Instant now() const override;
  WallTime wall() const override;
  void resume_from(ClockReading last) override;

 private:
  std::atomic<std::int64_t> base_ms_;  // broker time at boot-clock zero
};

/// A clock that moves only when told to.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t start_ms = 1'700'000'000'000) : now_ms_(start_ms) {}
  Instant now() const override { return Instant{now_ms_}; }
  WallTime wall() const override { return WallTime{now_ms_ + wall_skew_ms_}; }
  void resume_from(ClockReading last) override {
    const WallTime calendar = wall();
    now_ms_ = (last.instant + std::max(Duration::zero(), calendar - last.wall)).value();
    wall_skew_ms_ = calendar.value() - now_ms_;
  }
  void advance(Duration d) { now_ms_ += d.count(); }
  void step_wall(Duration d) { wall_skew_ms_ += d.count(); }

 private:
  std::int64_t now_ms_;
  std::int64_t wall_skew_ms_ = 0;
};

}  // namespace twofold::engine
