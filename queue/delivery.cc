#include "queue/delivery.h"

#include <algorithm>
#include <bit>
#include <variant>

namespace twofold::queue {

using engine::advance;
using engine::distance;

namespace {

constexpr std::int64_t kWideRun = 64 * kWindow;

}  // namespace

void Delivery::apply(const Op& op) {
  std::visit([this](const auto& of) { apply_one(of); }, op);
}

void Delivery::deliver(const Choice& choice, const ReceiveOp& op) {
  apply_one(op);
  rotor_ = choice.rotor;
  turn_ = choice.turn;
}

void Delivery::apply_one(const ReceiveOp& op) {
  for (const Run& run : op.runs)
    each_window(run.base, run.end(),
                [&](std::int64_t window, Bits bits) { hold(window, bits, op); });
  if (op.next <= next_) return;
  // Live, a receive takes everything between the old and the new `next`, or finds it touched. What
  // is neither was received in an operation that is lost: it must come back, not vanish.
  if (touch().count(next_, op.next) != distance(next_, op.next)) recover_skipped(next_, op.next);
  advance_next(op.next);
}

void Delivery::hold(std::int64_t window, Bits bits, const ReceiveOp& op) {
  const Bits again = touch().taken(window) & bits;
  if (again != 0) {
    touched_->change(window, again, [&op](const Mark& before) -> std::optional<Mark> {
      const std::uint32_t receives = before.kind() == MarkKind::acked ? 0 : before.receives;
      const Instant first = receives == 0 ? op.received : before.first;
      return make_mark(MarkKind::held, op.visible_at, op.nonce, receives + 1, first,
                       before.revived != 0);
    });
  }
  mark_new(window, bits & ~again,
           make_mark(MarkKind::held, op.visible_at, op.nonce, 1, op.received));
}

void Delivery::apply_one(const AckOp& op) {
  for (const Run& run : op.runs) {
    forget_reasons(run.base, run.end());
    edits_.forget(run.base, run.end());
  }
  change(op.runs, [](const Mark&) -> std::optional<Mark> { return std::nullopt; });
  if (op.runs.empty() || op.runs.back().end() <= next_) return;
  // What comes next is passed over at once: nothing of it needs to be remembered.
  for (const Run& run : op.runs)
    if (run.base <= next_ && next_ < run.end()) advance_next(run.end());
  // Done with before older messages were delivered (a delayed one came first): remembered until
  // `next` passes over it.
  const Mark acked = make_mark(MarkKind::acked, Instant{0}, 0, 0);
  for (const Run& run : op.runs)
    each_window(std::max(run.base, next_), run.end(), [&](std::int64_t window, Bits bits) {
      mark_new(window, bits & ~touch().taken(window), acked);
    });
  pass_over_acked();
}

void Delivery::apply_one(const NackOp& op) {
  change(op.runs, [&op](const Mark& before) -> std::optional<Mark> {
    if (!before.has_due()) return before;
    return changed(before, MarkKind::delayed, op.due);
  });
}

void Delivery::apply_one(const ExtendOp& op) {
  change(op.runs, [&op](const Mark& before) -> std::optional<Mark> {
    if (!before.has_due()) return before;
    return changed(before, MarkKind::held, op.visible_at);
  });
}

void Delivery::apply_one(const DelayOp& op) {
  const Mark delayed = make_mark(MarkKind::delayed, op.due, 0, 0);
  for (const Run& run : op.runs)
    each_window(run.base, run.end(), [&](std::int64_t window, Bits bits) {
      mark_new(window, bits & ~touch().taken(window) & bits_from(window, next_), delayed);
    });
}

void Delivery::apply_one(const DeadOp& op) {
  change(op.runs, [](const Mark& before) -> std::optional<Mark> {
    if (!before.has_due()) return before;
    return changed(before, MarkKind::dead, Instant{0});
  });
  const Mark dead = make_mark(MarkKind::dead, Instant{0}, 0, 0);
  for (const Run& run : op.runs)
    each_window(std::max(run.base, next_), run.end(), [&](std::int64_t window, Bits bits) {
      mark_new(window, bits & ~touch().taken(window), dead);
    });
  set_reasons(op);
}

void Delivery::apply_one(const ReleaseOp& op) {
  change(op.runs, [](const Mark& before) -> std::optional<Mark> {
    if (before.kind() != MarkKind::held) return before;
    const std::uint32_t receives = before.receives > 0 ? before.receives - 1 : 0;
    return make_mark(MarkKind::delayed, Instant{0}, 0, receives,
                     receives == 0 ? Instant{0} : before.first, before.revived != 0);
  });
}

void Delivery::apply_one(const SkipOp& op) {
  if (op.upto <= floor()) return;
  forget_reasons(Offset{0}, op.upto);
  edits_.forget(Offset{0}, op.upto);
  advance_next(op.upto);
  if (touched_) touched_->forget_before(op.upto);
}

void Delivery::apply_one(const ReviveOp& op) {
  const Mark ready = make_mark(MarkKind::delayed, Instant{0}, 0, 0, Instant{0}, true);
  for (const Run& run : op.runs) forget_reasons(run.base, run.end());
  change(op.runs, [&ready](const Mark& before) -> std::optional<Mark> {
    return before.has_due() ? before : ready;
  });
  for (const Run& run : op.runs)
    each_window(run.base, std::min(run.end(), next_), [&](std::int64_t window, Bits bits) {
      mark_new(window, bits & ~touch().taken(window) & bits_before(window, next_), ready);
    });
}

void Delivery::apply_one(const EditOp& op) {
  for (const Run& run : op.runs)
    for (Offset o = run.base; o < run.end(); o = advance(o, 1))
      if (is_live(o)) edits_.set(o, op.patch);
}

void Delivery::expire(Instant now, std::uint32_t receives_max, std::size_t limit,
                      Expired& expired) {
  if (touched_) touched_->expire(now, visible_end_, receives_max, limit, expired);
}

std::optional<Instant> Delivery::next_due() {
  return touched_ ? touched_->next_due() : std::nullopt;
}

void Delivery::set_visible_end(Offset end) {
  if (end <= visible_end_) return;
  const Offset before = std::exchange(visible_end_, end);
  if (!touched_) return;
  if (end > next_) ahead_ += touched_->count(std::max(before, next_), end);
  touched_->rearm(before, end);
}

Touched& Delivery::touch() {
  if (!touched_) touched_ = std::make_unique<Touched>();
  return *touched_;
}

std::int64_t Delivery::fresh() const {
  return visible_end_ > next_ ? distance(next_, visible_end_) - ahead_ : 0;
}

void Delivery::mark_new(std::int64_t window, Bits bits, const Mark& mark) {
  if (bits == 0) return;
  touch().add(window, bits, mark);
  ahead_ += std::popcount(bits & ahead_of(window));
}

template <class Change>
void Delivery::change(const Runs& runs, Change change) {
  if (!touched_) return;
  const auto visit = [&](std::int64_t window, Bits bits) {
    const Bits ahead = ahead_of(window) & bits;
    if (ahead != 0) ahead_ -= std::popcount(touched_->taken(window) & ahead);
    touched_->change(window, bits, change);
    if (ahead != 0) ahead_ += std::popcount(touched_->taken(window) & ahead);
  };
  for (const Run& run : runs) {
    if (run.count <= kWideRun) {
      each_window(run.base, run.end(), visit);
      continue;
    }
    // A wide one is mostly untouched.
    const auto& windows = touched_->windows();
    for (auto at = windows.lower_bound(window_of(run.base));
         at != windows.end() && window_base(at->first) < run.end();) {
      const std::int64_t window = at->first;
      ++at;
      visit(window, bits_from(window, run.base) & bits_before(window, run.end()));
    }
  }
}

void Delivery::advance_next(Offset to) {
  if (to <= next_) return;
  const Offset from = std::exchange(next_, to);
  if (!touched_) return;
  const Offset seen = std::min(to, visible_end_);
  if (from < seen) ahead_ -= touched_->count(from, seen);
  if (touched_->counts().acked == 0) return;
  dissolve_acked(from, to);
  pass_over_acked();
}

void Delivery::dissolve_acked(Offset from, Offset to) {
  const auto& windows = touched_->windows();
  for (auto at = windows.lower_bound(window_of(from));
       at != windows.end() && window_base(at->first) < to;) {
    const std::int64_t window = at->first;
    ++at;
    touched_->change(window, bits_before(window, to), [](const Mark& mark) {
      return mark.kind() == MarkKind::acked ? std::nullopt : std::optional(mark);
    });
  }
}

void Delivery::pass_over_acked() {
  Offset next = next_;
  for (;; next = advance(next, 1)) {
    const auto mark = touched_ ? touched_->mark(next) : std::nullopt;
    if (!mark || mark->kind() != MarkKind::acked) break;
  }
  advance_next(next);
}

void Delivery::recover_skipped(Offset from, Offset upto) {
  const Mark ready = make_mark(MarkKind::delayed, Instant{0}, 0, 0);
  each_window(from, upto, [&](std::int64_t window, Bits bits) {
    mark_new(window, bits & ~touched_->taken(window), ready);
  });
}

}  // namespace twofold::queue
