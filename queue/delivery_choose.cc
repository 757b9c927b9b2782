#include <algorithm>
#include <bit>
#include <utility>

#include "queue/delivery.h"

namespace twofold::queue {

using engine::advance;

// Of four turns one belongs to messages that were delivered twice or more; those that were once at
// most take none.
Delivery::Shares Delivery::shares(std::size_t max, std::size_t fresh) const {
  const Touched::Counts counts = ready_counts();
  Shares shares;
  shares.first = std::min(max, static_cast<std::size_t>(counts.first));
  max -= shares.first;
  const auto again = static_cast<std::size_t>(counts.ready - counts.first);
  const std::size_t until_first = (4u - turn_) % 4u;
  const std::size_t quota = max > until_first ? (max - until_first + 3) / 4 : 0;
  shares.fresh = std::min(fresh, max - std::min(again, quota));
  shares.again = std::min(again, max - shares.fresh);
  return shares;
}

Choice Delivery::choose(std::size_t max, bool with_fresh) const {
  const Shares take = shares(max, with_fresh ? static_cast<std::size_t>(fresh()) : 0);
  Choice choice{{}, next_, rotor_, turn_};
  choose_first(take.first, choice.runs);
  if (take.again > 0) choice.rotor = choose_ready(take.again, choice.runs);
  if (take.fresh > 0) choice.next = choose_fresh(take.fresh, choice.runs);
  if (choice.runs.size() > 1) choice.runs = joined(std::move(choice.runs));
  choice.turn = static_cast<std::uint8_t>((turn_ + take.again + take.fresh) % 4);
  return choice;
}

std::size_t Delivery::quota_of_ready(std::size_t max) const {
  const Shares take = shares(max, max);
  return take.first + take.again;
}

void Delivery::choose_first(std::size_t count, Runs& runs) const {
  if (count == 0) return;
  for (auto window = touched_->first_window(0); window && count > 0;
       window = touched_->first_window(*window + 1)) {
    const Bits taken = lowest(touched_->find(*window)->first, count);
    append_bits(runs, *window, taken);
    count -= static_cast<std::size_t>(std::popcount(taken));
  }
}

Offset Delivery::choose_ready(std::size_t count, Runs& runs) const {
  Offset rotor = rotor_;
  Offset at = rotor_;
  bool around = false;
  while (count > 0) {
    const auto window = touched_->ready_window(window_of(at));
    if (!window) {
      if (std::exchange(around, true)) break;
      at = Offset{0};
      continue;
    }
    Bits bits = touched_->find(*window)->ready & ~touched_->find(*window)->first;
    bits &= around ? bits_before(*window, rotor_) : bits_from(*window, at);
    const Bits taken = lowest(bits, count);
    append_bits(runs, *window, taken);
    count -= static_cast<std::size_t>(std::popcount(taken));
    if (taken != 0) rotor = advance(window_base(*window), kWindow - std::countl_zero(taken));
    at = window_base(*window + 1);
  }
  return rotor;
}

Offset Delivery::choose_fresh(std::size_t count, Runs& runs) const {
  if (ahead_ == 0) {
    append_run(runs, next_, static_cast<std::int64_t>(count));
    return runs.back().end();
  }
  Offset next = next_;
  for (std::int64_t window = window_of(next_); count > 0; ++window) {
    const Bits taken = lowest(ahead_of(window) & ~touched_->taken(window), count);
    append_bits(runs, window, taken);
    count -= static_cast<std::size_t>(std::popcount(taken));
    if (taken != 0) next = advance(window_base(window), kWindow - std::countl_zero(taken));
  }
  return next;
}

Choice Delivery::choose_again(std::size_t max) const {
  const Shares take = shares(max, 0);
  Choice choice{{}, next_, rotor_, turn_};
  choose_first(take.first, choice.runs);
  if (take.again > 0) choice.rotor = choose_ready(take.again, choice.runs);
  if (choice.runs.size() > 1) choice.runs = joined(std::move(choice.runs));
  choice.turn = static_cast<std::uint8_t>((turn_ + take.again) % 4);
  return choice;
}

Offset Delivery::next_after(const Runs& runs) const {
  Offset next = next_;
  for (auto run = runs.begin();;) {
    while (run != runs.end() && run->end() <= next) ++run;
    if (run != runs.end() && run->base <= next) {
      next = run->end();
      continue;
    }
    const Bits taken = touched_ ? touched_->taken(window_of(next)) : 0;
    const int steps = std::countr_one(taken >> (next.value() & 63));
    if (steps == 0 || next >= visible_end_) return std::min(next, std::max(next_, visible_end_));
    next = advance(next, steps);
  }
}

}  // namespace twofold::queue
