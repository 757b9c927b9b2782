#include <algorithm>
#include <bit>
#include <utility>

#include "queue/delivery.h"

namespace twofold::queue {

using engine::advance;

Choice Delivery::choose(std::size_t max, bool with_fresh) const {
  const auto fresh_left = with_fresh ? static_cast<std::size_t>(fresh()) : 0;
  const auto ready_left = static_cast<std::size_t>(touched_ ? touched_->counts().ready : 0);
  const std::size_t share = quota_of_ready(max);
  const std::size_t take_fresh = std::min(fresh_left, max - share);
  const std::size_t take_ready = std::min(ready_left, max - take_fresh);

  Choice choice{{}, next_, rotor_, turn_};
  if (take_ready > 0) choice.rotor = choose_ready(take_ready, choice.runs);
  if (take_fresh > 0) choice.next = choose_fresh(take_fresh, choice.runs);
  if (choice.runs.size() > 1) choice.runs = joined(std::move(choice.runs));
  choice.turn = static_cast<std::uint8_t>((turn_ + take_ready + take_fresh) % 4);
  return choice;
}

// Of four turns one belongs to messages that are ready again.
std::size_t Delivery::quota_of_ready(std::size_t max) const {
  const auto ready = static_cast<std::size_t>(touched_ ? touched_->counts().ready : 0);
  const std::size_t until_first = (4u - turn_) % 4u;
  return std::min(ready, max > until_first ? (max - until_first + 3) / 4 : 0);
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
    Bits bits = touched_->find(*window)->ready;
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
  Choice choice{{}, next_, rotor_, turn_};
  const auto ready = static_cast<std::size_t>(touched_ ? touched_->counts().ready : 0);
  const std::size_t take = std::min(ready, max);
  if (take > 0) choice.rotor = choose_ready(take, choice.runs);
  if (choice.runs.size() > 1) choice.runs = joined(std::move(choice.runs));
  choice.turn = static_cast<std::uint8_t>((turn_ + take) % 4);
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
