#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/clock.h"

namespace twofold::engine {

/// Whoever wants to be woken. `owner` and `token` are whatever was scheduled.
class TimerTarget {
 public:
  virtual ~TimerTarget() = default;
  virtual void on_timer(std::uint32_t owner, std::uint64_t token, Instant now) = 0;
};

/// A hierarchical timing wheel: 4 levels of 256 slots, ticks of 8 ms. Scheduling and firing are
/// O(1); there is no cancel, since whoever is woken knows whether it still matters (a deadline that
/// moved is scheduled again). Never fires early; fires late by at most one tick, and timers of one
/// tick fire in the order in which they were scheduled. What is already due fires with the next
/// advance(), or still in this one when it is scheduled from on_timer().
/// Time that passed with nothing scheduled costs nothing, however much it was.
/// Threads  the core only.
class TimerWheel {
 public:
  explicit TimerWheel(Instant now);

  void schedule(Instant due, TimerTarget& target, std::uint32_t owner, std::uint64_t token);
  /// Fires what is due, at most `fire_max`; call again while it returns true.
  bool advance(Instant now, std::size_t fire_max = 4096);
  /// When to call advance() next; nullopt when nothing is scheduled. May be early, never late.
  std::optional<Instant> next_due() const;
  std::size_t size() const { return size_; }

 private:
  static constexpr int kLevels = 4;
  static constexpr std::uint64_t kSlots = 256;
  static constexpr std::int64_t kTickMs = 8;

  struct Timer {
    std::int64_t due_tick;
    TimerTarget* target;
    std::uint64_t token;
    std::uint32_t owner;
  };
  struct Level {
    std::array<std::vector<Timer>, kSlots> slots;
    std::array<std::uint64_t, kSlots / 64> taken{};  ///< one bit per slot that holds something

    void add(std::uint64_t slot, const Timer& timer);
    std::vector<Timer> take(std::uint64_t slot);
    std::optional<std::uint64_t> next_after(std::uint64_t slot) const;
  };
  void place(const Timer& timer);
  std::optional<std::int64_t> next_tick() const;
  void enter(std::int64_t tick);

  std::int64_t tick_;  // the last tick that was processed
  std::array<Level, kLevels> levels_;
  std::vector<Timer> far_;  // beyond the top level
  std::vector<Timer> due_;  // taken from a slot, not fired yet
  std::size_t due_at_ = 0;
  std::size_t size_ = 0;
};

}  // namespace twofold::engine
