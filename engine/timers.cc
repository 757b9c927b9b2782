#include "engine/timers.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace twofold::engine {
namespace {

constexpr int kBitsPerLevel = 8;

constexpr int shift_of(int level) { return level * kBitsPerLevel; }

/// Whether a tick is the first one of a slot of `level`.
constexpr bool begins_slot(std::int64_t tick, int level) {
  return (tick & ((std::int64_t{1} << shift_of(level)) - 1)) == 0;
}

}  // namespace

static_assert(std::uint64_t{1} << kBitsPerLevel == 256);

TimerWheel::TimerWheel(Instant now) : tick_(now.value() / kTickMs) {}

void TimerWheel::schedule(Instant due, TimerTarget& target, std::uint32_t owner,
                          std::uint64_t token) {
  // Rounded up, so that the tick never comes before the time.
  const auto whole = due.value() / kTickMs;
  const auto due_tick = whole + (due.value() % kTickMs > 0 ? 1 : 0);
  place(Timer{due_tick, &target, token, owner});
  ++size_;
}

// A timer sits at the level of the highest digit (base 256) in which its tick differs from the
// present one: that is the level whose slot it has to reach first.
void TimerWheel::place(const Timer& timer) {
  if (timer.due_tick <= tick_) {
    due_.push_back(timer);
    return;
  }
  const auto differing = static_cast<std::uint64_t>(timer.due_tick ^ tick_);
  const int level = (static_cast<int>(std::bit_width(differing)) - 1) / kBitsPerLevel;
  if (level >= kLevels) {
    far_.push_back(timer);
    return;
  }
  const auto slot = static_cast<std::uint64_t>(timer.due_tick >> shift_of(level)) % kSlots;
  levels_[static_cast<std::size_t>(level)].add(slot, timer);
}

bool TimerWheel::advance(Instant now, std::size_t fire_max) {
  const auto target = now.value() / kTickMs;
  std::size_t fired = 0;
  while (true) {
    for (; due_at_ < due_.size(); ++fired) {
      if (fired == fire_max) return true;
      const Timer timer = due_[due_at_++];  // a copy: whoever is woken may schedule
      --size_;
      timer.target->on_timer(timer.owner, timer.token, now);
    }
    due_ = {};
    due_at_ = 0;

    // Straight to the next slot that holds something, however long nothing happened.
    const auto next = next_tick();
    if (!next || *next > target) {
      tick_ = std::max(tick_, target);
      return false;
    }
    enter(*next);
  }
}

std::optional<Instant> TimerWheel::next_due() const {
  if (due_at_ < due_.size()) return Instant{tick_ * kTickMs};
  const auto tick = next_tick();
  if (!tick) return std::nullopt;
  return Instant{*tick * kTickMs};
}

// The first tick at which a slot that holds something begins. Slots of a lower level all begin
// before the next one of a higher level.
std::optional<std::int64_t> TimerWheel::next_tick() const {
  for (int level = 0; level < kLevels; ++level) {
    const auto here = static_cast<std::uint64_t>(tick_ >> shift_of(level)) % kSlots;
    const auto slot = levels_[static_cast<std::size_t>(level)].next_after(here);
    if (!slot) continue;
    const auto above = shift_of(level + 1);
    return (tick_ >> above << above) | static_cast<std::int64_t>(*slot << shift_of(level));
  }
  if (far_.empty()) return std::nullopt;
  return ((tick_ >> shift_of(kLevels)) + 1) << shift_of(kLevels);
}

// Hands what waited in the slots that begin with `tick` down: to a lower level, or to due_.
void TimerWheel::enter(std::int64_t tick) {
  tick_ = tick;
  if (begins_slot(tick, kLevels)) {
    for (const auto& timer : std::exchange(far_, {})) place(timer);
  }
  for (int level = kLevels - 1; level >= 0; --level) {
    if (!begins_slot(tick, level)) continue;
    const auto slot = static_cast<std::uint64_t>(tick >> shift_of(level)) % kSlots;
    auto timers = levels_[static_cast<std::size_t>(level)].take(slot);
    if (level == 0 && due_.empty()) {
      due_ = std::move(timers);
    } else {
      for (const auto& timer : timers) place(timer);
    }
  }
}

void TimerWheel::Level::add(std::uint64_t slot, const Timer& timer) {
  slots[slot].push_back(timer);
  taken[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

std::vector<TimerWheel::Timer> TimerWheel::Level::take(std::uint64_t slot) {
  taken[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  return std::exchange(slots[slot], {});
}

std::optional<std::uint64_t> TimerWheel::Level::next_after(std::uint64_t slot) const {
  for (std::uint64_t word = slot / 64; word < kSlots / 64; ++word) {
    auto bits = taken[word];
    if (word == slot / 64) bits &= ~((std::uint64_t{2} << (slot % 64)) - 1);
    if (bits != 0) return word * 64 + static_cast<std::uint64_t>(std::countr_zero(bits));
  }
  return std::nullopt;
}

}  // namespace twofold::engine
