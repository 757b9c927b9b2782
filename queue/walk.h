#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <initializer_list>

#include "queue/queue.h"

namespace twofold::queue {

/// A set of states.
class States {
 public:
  States() = default;
  States(std::initializer_list<MessageState> states) {
    for (const MessageState state : states) add(state);
  }
  void add(MessageState state) { bits_ |= bit(state); }
  bool has(MessageState state) const { return (bits_ & bit(state)) != 0; }
  bool empty() const { return bits_ == 0; }
  /// Whether there are messages in `this` that are in none of `others`.
  bool exceed(States others) const { return (bits_ & ~others.bits_) != 0; }

 private:
  static unsigned bit(MessageState state) { return 1u << static_cast<unsigned>(state); }
  unsigned bits_ = 0;
};

/// All but the acked ones.
inline States waiting_states() {
  using enum MessageState;
  return {ready, in_flight, delayed, blocked, dead};
}

/// Walks the messages of a partition that are in certain states, window by window.
class Walk {
 public:
  /// `start`: the oldest message there is. A walk ends at `end`.
  Walk(const Partition& partition, States states, Offset start, Offset end)
      : partition_(partition), states_(states), end_(end) {
    const bool all = states.has(MessageState::acked);
    start_ = all ? start : std::max(start, partition.delivery.floor());
    untouched_ = all || states.has(MessageState::ready) || states.has(MessageState::blocked);
  }

  /// Calls visit(offset, view) from `from` on; it answers false when it wants no more, that one
  /// included. Returns where to go on, at least the end when everything was seen. At most
  /// `windows_left` windows are looked at, and taken off.
  template <class Visit>
  Offset run(Offset from, std::int64_t& windows_left, Visit visit) const {
    from = std::max(from, start_);
    const Offset seen_all = std::max(from, end_);
    while (from < end_) {
      if (windows_left <= 0) return from;
      --windows_left;
      const std::int64_t window = window_of(from);
      Bits bits = bits_from(window, from) & bits_before(window, end_) & candidates(window);
      for (; bits != 0; bits &= bits - 1) {
        const Offset o = engine::advance(window_base(window), std::countr_zero(bits));
        const MessageView view = partition_.view(o);
        if (states_.has(view.state) && !visit(o, view)) return o;
      }
      from = window_base(window + 1);
    }
    return seen_all;
  }

 private:
  // Without a look at each message: what cannot be in a state at all.
  Bits candidates(std::int64_t window) const {
    if (untouched_) return ~Bits{0};
    return partition_.delivery.touched() ? partition_.delivery.touched()->taken(window) : 0;
  }

  const Partition& partition_;
  const States states_;
  Offset start_{0};
  Offset end_;
  bool untouched_ = true;
};

}  // namespace twofold::queue
