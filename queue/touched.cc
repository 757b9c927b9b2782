#include "queue/touched.h"

#include <algorithm>

namespace twofold::queue {

using engine::Instant;
using engine::Offset;

Mark make_mark(MarkKind kind, Instant due, std::uint32_t nonce, std::uint32_t receives,
               Instant first, bool revived) {
  return {due,     first,
          nonce,   std::min(receives, kReceivesMax) & kReceivesMax,
          revived, static_cast<std::uint8_t>(kind) & 0x7Fu};
}

Bits Touched::taken(std::int64_t index) const {
  const Window* const in = find(index);
  return in ? in->taken : 0;
}

std::optional<Mark> Touched::mark(Offset o) const {
  const Window* const in = find(window_of(o));
  if (!in || (in->taken & bit_of(o)) == 0) return std::nullopt;
  return in->groups[group_of(*in, bit_of(o))].mark;
}

bool Touched::is_ready(Offset o) const {
  const Window* const in = find(window_of(o));
  return in && (in->ready & bit_of(o)) != 0;
}

std::int64_t Touched::count(Offset from, Offset upto) const {
  std::int64_t count = 0;
  auto at = windows_.lower_bound(window_of(from));
  for (; at != windows_.end() && window_base(at->first) < upto; ++at) {
    const Bits inside = bits_from(at->first, from) & bits_before(at->first, upto);
    count += std::popcount(at->second.taken & inside);
  }
  return count;
}

void Touched::add(std::int64_t index, Bits bits, const Mark& mark) {
  if (bits == 0) return;
  Window* in = window(index);
  if (!in) {
    // Windows mostly come in order of offset: the end is a good first guess.
    in = &windows_.try_emplace(windows_.end(), index)->second;
    last_index_ = index;
    last_ = in;
  }
  TF_CHECK((in->taken & bits) == 0);
  place(index, *in, bits, mark);
}

void Touched::forget_before(Offset upto) {
  while (!windows_.empty() && window_base(windows_.begin()->first) < upto) {
    const std::int64_t index = windows_.begin()->first;
    change(index, bits_before(index, upto), [](const Mark&) { return std::nullopt; });
    if (window_of(upto) == index) return;
  }
}

void Touched::expire(Instant now, Offset visible_end, std::uint32_t receives_max, std::size_t limit,
                     Expired& expired) {
  for (std::size_t changed = 0; changed < limit && !dues_.empty() && dues_.top().due <= now;) {
    const DueHeap::Item item = dues_.pop();
    Window* const in = window(item.key);
    if (!in || in->armed != item.due) {
      dues_.forgotten_popped();
      continue;
    }
    const Bits visible = bits_before(item.key, visible_end);
    changed += expire_window(item.key, *in, now, visible, receives_max, expired);
  }
}

std::optional<Instant> Touched::next_due() {
  return dues_.next([this](const DueHeap::Item& item) { return alive(item); });
}

void Touched::rearm(Offset from, Offset upto) {
  if (windows_.empty() || windows_.rbegin()->first < window_of(from)) return;
  auto at = windows_.lower_bound(window_of(from));
  for (; at != windows_.end() && window_base(at->first) < upto; ++at)
    for (const Group& group : at->second.groups)
      if (group.mark.has_due() && (group.bits & ~at->second.ready) != 0)
        arm(at->first, at->second, group.mark.due);
}

std::optional<std::int64_t> Touched::ready_window(std::int64_t index) const {
  const auto at = ready_windows_.lower_bound(index);
  if (at == ready_windows_.end()) return std::nullopt;
  return *at;
}

std::optional<std::int64_t> Touched::first_window(std::int64_t index) const {
  const auto at = first_windows_.lower_bound(index);
  if (at == first_windows_.end()) return std::nullopt;
  return *at;
}

std::optional<std::int64_t> Touched::dead_window(std::int64_t index) const {
  const auto at = dead_windows_.lower_bound(index);
  if (at == dead_windows_.end()) return std::nullopt;
  return *at;
}

Bits Touched::dead_bits(std::int64_t index) const {
  const Window* const in = find(index);
  Bits dead = 0;
  if (in)
    for (const Group& group : in->groups)
      if (group.mark.kind() == MarkKind::dead) dead |= group.bits;
  return dead;
}

Touched::Window* Touched::window(std::int64_t index) {
  if (index == last_index_) return last_;
  const auto found = windows_.find(index);
  if (found == windows_.end()) return nullptr;
  last_index_ = index;
  last_ = &found->second;
  return last_;
}

std::size_t Touched::group_of(const Window& in, Bits bit) {
  std::size_t at = 0;
  while ((in.groups[at].bits & bit) == 0) ++at;
  return at;
}

void Touched::place(std::int64_t index, Window& in, Bits bits, const Mark& mark) {
  const auto same = std::find_if(in.groups.begin(), in.groups.end(),
                                 [&mark](const Group& group) { return group.mark == mark; });
  if (same != in.groups.end()) {
    same->bits |= bits;
  } else {
    in.groups.push_back({bits, mark});
  }
  in.taken |= bits;
  counts_.of(mark.kind()) += static_cast<std::uint64_t>(std::popcount(bits));
  if (mark.kind() == MarkKind::dead) dead_windows_.insert(index);
  if (mark.has_due()) arm(index, in, mark.due);
}

void Touched::lift(std::int64_t index, Window& in, std::size_t at, Bits bits) {
  Group& group = in.groups[at];
  const MarkKind kind = group.mark.kind();
  const Bits ready = bits & in.ready;
  counts_.ready -= static_cast<std::uint64_t>(std::popcount(ready));
  counts_.of(kind) -= static_cast<std::uint64_t>(std::popcount(bits & ~ready));
  if (ready != 0) {
    in.ready &= ~ready;
    if (in.ready == 0) ready_windows_.erase(index);
    counts_.first -= static_cast<std::uint64_t>(std::popcount(in.first & ready));
    in.first &= ~ready;
    if (in.first == 0) first_windows_.erase(index);
  }
  in.taken &= ~bits;
  group.bits &= ~bits;
  if (group.bits != 0) return;
  group = in.groups.back();
  in.groups.pop_back();
  if (kind == MarkKind::dead && dead_bits(index) == 0) dead_windows_.erase(index);
}

// An empty window goes; one that has nothing left to wait for lets its place in the heap go.
void Touched::tidy(std::int64_t index, Window& in) {
  if (in.taken != 0) return;
  disarm(in);
  last_index_ = -1;
  windows_.erase(index);
}

void Touched::arm(std::int64_t index, Window& in, Instant due) {
  if (in.armed <= due) return;
  disarm(in);
  in.armed = due;
  dues_.push(due, index);
}

void Touched::disarm(Window& in) {
  if (in.armed == Instant{kNever}) return;
  in.armed = Instant{kNever};
  dues_.forget();
  dues_.sweep([this](const DueHeap::Item& item) { return alive(item); });
}

bool Touched::alive(const DueHeap::Item& item) {
  const auto found = windows_.find(item.key);
  return found != windows_.end() && found->second.armed == item.due;
}

void Touched::set_ready(std::int64_t index, Window& in, Bits bits, Bits first) {
  if (bits == 0) return;
  if (first != 0) first_windows_.insert(index);
  in.first |= first;
  counts_.first += static_cast<std::uint64_t>(std::popcount(first));
  if (in.ready == 0) ready_windows_.insert(index);
  in.ready |= bits;
  counts_.ready += static_cast<std::uint64_t>(std::popcount(bits));
}

std::size_t Touched::expire_window(std::int64_t index, Window& in, Instant now, Bits visible,
                                   std::uint32_t receives_max, Expired& expired) {
  in.armed = Instant{kNever};
  Bits dead = 0;
  Bits ready = 0;
  Bits first = 0;
  for (const Group& group : in.groups) {
    const Bits waiting = group.bits & ~in.ready;
    if (!group.mark.has_due() || waiting == 0) continue;
    if (group.mark.due > now) {
      arm(index, in, group.mark.due);
      continue;
    }
    const Bits due = waiting & visible;
    if (group.mark.kind() == MarkKind::held)
      expired.timed_out += static_cast<std::uint64_t>(std::popcount(due));
    if (receives_max > 0 && group.mark.receives >= receives_max) {
      dead |= due;
    } else {
      ready |= due;
      first |= group.mark.receives <= 1 ? due : 0;
      counts_.of(group.mark.kind()) -= static_cast<std::uint64_t>(std::popcount(due));
    }
  }
  set_ready(index, in, ready, first);
  append_bits(expired.ready, index, ready);
  for (Bits rest = dead; rest != 0; rest &= rest - 1)
    expired.used_up.push_back(engine::advance(window_base(index), std::countr_zero(rest)));
  return static_cast<std::size_t>(std::popcount(dead | ready));
}

std::uint64_t& Touched::Counts::of(MarkKind kind) {
  switch (kind) {
    case MarkKind::held: return held;
    case MarkKind::delayed: return delayed;
    case MarkKind::dead: return dead;
    case MarkKind::acked: return acked;
  }
  __builtin_unreachable();
}

Touched::Counts Touched::recount() const {
  Counts counts;
  for (const auto& [index, in] : windows_) {
    for (const Group& group : in.groups) {
      const auto waiting = static_cast<std::uint64_t>(std::popcount(group.bits & ~in.ready));
      counts.of(group.mark.kind()) += waiting;
    }
    counts.ready += static_cast<std::uint64_t>(std::popcount(in.ready));
    for (const Group& group : in.groups)
      if (group.mark.receives <= 1)
        counts.first += static_cast<std::uint64_t>(std::popcount(group.bits & in.ready));
  }
  return counts;
}

}  // namespace twofold::queue
