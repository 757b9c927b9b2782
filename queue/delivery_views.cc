#include <algorithm>
#include <bit>
#include <utility>

#include "queue/delivery.h"

namespace twofold::queue {

using engine::advance;
using engine::distance;

Verdict Delivery::verdict(Offset o, std::uint32_t nonce) const {
  const auto mark = touched_ ? touched_->mark(o) : std::nullopt;
  if (!mark) {
    if (o < next_) return Verdict::already;
    // A receive that a crash took back: the message was never delivered, as far as we can know.
    return o < visible_end_ ? Verdict::stale : Verdict::unknown;
  }
  if (mark->kind() == MarkKind::acked) return Verdict::already;
  return mark->nonce == nonce ? Verdict::current : Verdict::stale;
}

bool Delivery::in_flight(Offset o) const { return view(o).state == MessageState::in_flight; }

MessageView Delivery::view(Offset o) const {
  const auto mark = touched_ ? touched_->mark(o) : std::nullopt;
  if (!mark)
    return {o < next_ ? MessageState::acked : MessageState::ready, 0, std::nullopt, Instant{0}};
  const bool revived = mark->revived != 0;
  if (touched_->is_ready(o))
    return {MessageState::ready, mark->receives, std::nullopt, mark->first, revived};
  switch (mark->kind()) {
    case MarkKind::held:
      return {MessageState::in_flight, mark->receives, mark->due, mark->first, revived};
    case MarkKind::delayed:
      return {MessageState::delayed, mark->receives, mark->due, mark->first, revived};
    case MarkKind::dead:
      return {MessageState::dead, mark->receives, std::nullopt, mark->first, revived};
    case MarkKind::acked:
      return {MessageState::acked, mark->receives, std::nullopt, mark->first, revived};
  }
  __builtin_unreachable();
}

Offset Delivery::floor() const {
  if (!touched_ || touched_->empty()) return next_;
  const auto& [window, first] = *touched_->windows().begin();
  return std::min(next_, advance(window_base(window), std::countr_zero(first.taken)));
}

QueueCounters Delivery::counters() const {
  QueueCounters counters;
  counters.ready = static_cast<std::uint64_t>(fresh());
  if (!touched_) return counters;
  const Touched::Counts& counts = touched_->counts();
  counters.ready += counts.ready;
  counters.in_flight = counts.held;
  counters.delayed = counts.delayed;
  counters.dead = counts.dead;
  return counters;
}

bool Delivery::is_live(Offset o) const {
  const auto mark = touched_ ? touched_->mark(o) : std::nullopt;
  if (!mark) return o >= next_;
  return mark->kind() != MarkKind::acked;
}

std::int64_t Delivery::live_in(Offset from, Offset upto) const {
  if (from >= upto) return 0;
  const Offset seam = std::clamp(next_, from, upto);
  std::int64_t live = distance(seam, upto);
  if (!touched_) return live;
  live += touched_->count(from, seam);
  if (touched_->counts().acked == 0) return live;
  const auto& windows = touched_->windows();
  auto at = windows.lower_bound(window_of(seam));
  for (; at != windows.end() && window_base(at->first) < upto; ++at)
    for (const Touched::Group& group : at->second.groups)
      if (group.mark.kind() == MarkKind::acked)
        live -=
            std::popcount(group.bits & bits_from(at->first, seam) & bits_before(at->first, upto));
  return live;
}

std::vector<Offset> Delivery::dead_from(Offset from, std::size_t max) const {
  std::vector<Offset> dead;
  if (!touched_) return dead;
  for (auto window = touched_->dead_window(window_of(from)); window && dead.size() < max;
       window = touched_->dead_window(*window + 1)) {
    Bits bits = touched_->dead_bits(*window) & bits_from(*window, from);
    for (; bits != 0 && dead.size() < max; bits &= bits - 1)
      dead.push_back(advance(window_base(*window), std::countr_zero(bits)));
  }
  return dead;
}

std::vector<Offset> Delivery::used_up(std::uint32_t receives_max) const {
  std::vector<Offset> used_up;
  if (!touched_ || receives_max == 0) return used_up;
  for (auto window = touched_->ready_window(0); window;
       window = touched_->ready_window(*window + 1)) {
    const Touched::Window& in = *touched_->find(*window);
    for (const Touched::Group& group : in.groups) {
      if (group.mark.receives < receives_max) continue;
      for (Bits bits = group.bits & in.ready; bits != 0; bits &= bits - 1)
        used_up.push_back(advance(window_base(*window), std::countr_zero(bits)));
    }
  }
  return used_up;
}

std::string Delivery::reason(Offset o) const {
  if (!reasons_) return {};
  const auto found = reasons_->find(o);
  return found == reasons_->end() ? std::string() : found->second;
}

void Delivery::set_reasons(const DeadOp& op) {
  if (op.reason.empty()) return;
  if (!reasons_) reasons_ = std::make_unique<std::map<Offset, std::string>>();
  for (const Run& run : op.runs)
    for (Offset o = run.base; o < run.end(); o = advance(o, 1))
      if (view(o).state == MessageState::dead) reasons_->insert_or_assign(o, op.reason);
}

void Delivery::forget_reasons(Offset from, Offset upto) {
  if (!reasons_) return;
  reasons_->erase(reasons_->lower_bound(from), reasons_->lower_bound(upto));
  if (reasons_->empty()) reasons_.reset();
}

// next, touched windows, reasons: n, then n x (offset - previous, length, bytes), edits. Neither
// what is visible (the log knows) nor where the next choice begins (any place will do).
void Delivery::write(engine::ByteWriter& out) const {
  out.varint(next_.value());
  static const Touched kNothing;
  (touched_ ? *touched_ : kNothing).write(out);
  out.uvarint(reasons_ ? reasons_->size() : 0);
  std::int64_t previous = 0;
  static const std::map<Offset, std::string> kNone;
  for (const auto& [offset, reason] : reasons_ ? *reasons_ : kNone) {
    out.uvarint(static_cast<std::uint64_t>(offset.value() - previous));
    out.bytes(reason);
    previous = offset.value();
  }
  edits_.write(out);
}

bool Delivery::read(engine::ByteReader& in, bool has_edits) {
  next_ = rotor_ = visible_end_ = Offset{in.varint()};
  if (!in.ok() || next_ < Offset{0}) return false;
  auto touched = std::make_unique<Touched>();
  if (!touched->read(in)) return false;
  if (!touched->empty()) touched_ = std::move(touched);
  const std::size_t reasons = in.count(2);
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < reasons; ++i) {
    const std::uint64_t gap = in.uvarint();
    if (!in.ok() || gap > static_cast<std::uint64_t>(INT64_MAX - offset)) return false;
    offset += static_cast<std::int64_t>(gap);
    if (!reasons_) reasons_ = std::make_unique<std::map<Offset, std::string>>();
    reasons_->emplace(Offset{offset}, in.bytes());
  }
  return in.ok() && (!has_edits || edits_.read(in));
}

bool Delivery::counters_are_right() const {
  if (!touched_) return ahead_ == 0;
  const bool ahead_is_right =
      ahead_ == (visible_end_ > next_ ? touched_->count(next_, visible_end_) : 0);
  return ahead_is_right && touched_->counts() == touched_->recount();
}

}  // namespace twofold::queue
