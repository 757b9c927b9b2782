#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/clock.h"

namespace twofold::queue {

/// What is due when, earliest first. Items are not taken out when they stop to matter: whoever owns
/// them says forget(), and once more than half of the heap is forgotten it is swept. So what was
/// called off costs a bounded amount of memory, however far ahead it was due.
class DueHeap {
 public:
  struct Item {
    engine::Instant due;
    std::int64_t key;
  };

  void push(engine::Instant due, std::int64_t key) {
    items_.push_back({due, key});
    std::push_heap(items_.begin(), items_.end(), later);
  }
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  const Item& top() const { return items_.front(); }
  Item pop() {
    std::pop_heap(items_.begin(), items_.end(), later);
    const Item item = items_.back();
    items_.pop_back();
    return item;
  }

  /// One item that is still in here does not matter any more.
  void forget() { ++forgotten_; }
  /// One such item came to the top and was popped.
  void forgotten_popped() {
    if (forgotten_ > 0) --forgotten_;
  }
  /// Removes what `alive` disowns, when that is more than half.
  template <class Alive>
  void sweep(Alive alive) {
    if (forgotten_ < kSweepMin || forgotten_ * 2 < items_.size()) return;
    std::erase_if(items_, [&](const Item& item) { return !alive(item); });
    std::make_heap(items_.begin(), items_.end(), later);
    forgotten_ = 0;
    if (items_.capacity() > 4 * items_.size() + kSweepMin) items_.shrink_to_fit();
  }
  /// The earliest due of an item that `alive` does not disown.
  template <class Alive>
  std::optional<engine::Instant> next(Alive alive) {
    while (!items_.empty() && !alive(items_.front())) {
      pop();
      forgotten_popped();
    }
    if (items_.empty()) return std::nullopt;
    return items_.front().due;
  }

 private:
  static constexpr std::size_t kSweepMin = 64;
  static bool later(const Item& a, const Item& b) { return a.due > b.due; }

  std::vector<Item> items_;
  std::size_t forgotten_ = 0;
};

/// The wheel timers that one owner has outstanding. The wheel cannot cancel, so a timer is asked
/// for only when none fires early enough already; otherwise a busy owner would fill the wheel.
class Alarm {
 public:
  /// Whether a timer has to be scheduled for `due`; if so, the caller does.
  bool wants(engine::Instant due) {
    if (!outstanding_.empty() && outstanding_.back() <= due) return false;
    outstanding_.push_back(due);
    return true;
  }
  /// A timer fired at `now`, and with it all that were due.
  void fired(engine::Instant now) {
    while (!outstanding_.empty() && outstanding_.back() <= now) outstanding_.pop_back();
  }

 private:
  std::vector<engine::Instant> outstanding_;  // the earliest last
};

}  // namespace twofold::queue
