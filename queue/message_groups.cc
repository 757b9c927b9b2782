#include "queue/message_groups.h"

#include <algorithm>

#include "engine/base/check.h"

namespace twofold::queue {
namespace {

// So many messages that are done with may stand in a list, if they are less than half of it.
constexpr std::uint32_t kGoneMax = 64;
// In units of 16 bytes: a group and how it is found; what one message takes where each lies alone.
constexpr std::size_t kGroupWeight = 8;
constexpr std::size_t kLoneWeight = 18;

}  // namespace

// Delayed messages of a fair queue hold nobody up, and what is ready again is nobody's turn here.
Standing MessageGroups::standing(Offset o, const Delivery& state) const {
  if (ordered_ && leaving_.has(o)) return Standing::busy;
  switch (state.view(o).state) {
    case MessageState::acked:
    case MessageState::dead: return Standing::gone;
    case MessageState::in_flight: return Standing::busy;
    case MessageState::delayed: return ordered_ ? Standing::busy : Standing::ready;
    case MessageState::ready:
    case MessageState::blocked: return Standing::ready;
  }
  __builtin_unreachable();
}

void MessageGroups::add(Offset o, GroupHash hash, const Delivery& state) {
  const Standing now = standing(o, state);
  if (now == Standing::gone || links_.find(o)) return;
  const std::uint32_t slot = group_of(hash);
  if (groups_[slot].cut != kNone) return;  // what is before this one is not remembered either
  remember(o, slot, now, ordered_ || state.is_fresh(o));
}

void MessageGroups::remember(Offset o, std::uint32_t slot, Standing now, bool lists) {
  Group& group = groups_[slot];
  Link& link = links_.add(o);
  link.group = slot;
  link.standing = now;
  if (now == Standing::busy) {
    ++group.busy;
    ++busy_;
  }
  if (lists) {
    append(group, o, link);
  } else {
    ++group.loose;
  }
  recheck(slot);
}

void MessageGroups::changed(Offset o, const Delivery& state) {
  Link* const link = links_.find(o);
  if (!link) return;
  const std::uint32_t slot = link->group;
  update(o, *link, state);
  recheck(slot);
}

void MessageGroups::changed(const Runs& runs, const Delivery& state) {
  if (links_.size() == 0) return;
  for (const Run& run : runs)
    for (Offset o = run.base; o < run.end(); o = engine::advance(o, 1)) changed(o, state);
}

void MessageGroups::served(const std::vector<Offset>& offsets, const Delivery& state) {
  std::uint32_t last = kNobody;
  for (const Offset o : offsets) {
    Link* const link = links_.find(o);
    if (!link) continue;
    const std::uint32_t slot = link->group;
    if (slot != last) leave(slot);
    last = slot;
    update(o, *link, state);
    recheck(slot);
  }
}

void MessageGroups::hold(const Runs& runs, const Delivery& state) {
  if (ordered_) {
    leaving_.add(runs);
    return changed(runs, state);
  }
  if (links_.size() == 0) return;
  for (const Run& run : runs) {
    for (Offset o = run.base; o < run.end(); o = engine::advance(o, 1)) {
      const Link* const link = links_.find(o);
      if (link && link->standing == Standing::ready) changed(o, state);
    }
  }
}

void MessageGroups::let_go(const Runs& runs, const Delivery& state) {
  leaving_.remove(runs);
  changed(runs, state);
}

void MessageGroups::forget_before(Offset upto, const Delivery& state) {
  links_.each_before(upto, [this, &state](Offset o) { changed(o, state); });
}

std::uint32_t MessageGroups::group_of(GroupHash hash) {
  if (hash != 0) {
    const auto found = by_hash_.find(hash);
    if (found != by_hash_.end()) return found->second;
  }
  std::uint32_t slot = static_cast<std::uint32_t>(groups_.size());
  if (free_.empty()) {
    groups_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
    groups_[slot] = Group{};
  }
  groups_[slot].hash = hash;
  if (hash != 0) by_hash_.emplace(hash, slot);
  return slot;
}

void MessageGroups::append(Group& group, Offset o, Link& link) {
  TF_CHECK(group.tail < o);
  link.listed = true;
  if (group.tail != kNone) links_.find(group.tail)->next = o;
  if (group.head == kNone) group.head = o;
  group.tail = o;
  ++group.listed;
  ++listed_;
}

void MessageGroups::drop_head(Group& group) {
  const Offset o = group.head;
  Link& link = *links_.find(o);
  group.head = link.next;
  if (group.head == kNone) group.tail = kNone;
  --group.listed;
  --listed_;
  if (link.standing == Standing::gone) {
    --group.gone;
    links_.erase(o);
  } else {
    link.listed = link.delivered = false;
    link.next = kNone;
    ++group.loose;
  }
}

void MessageGroups::update(Offset o, Link& link, const Delivery& state) {
  const Standing now = standing(o, state);
  // Its time comes as that of messages that are ready again, and is nobody's turn here.
  if (!ordered_ && link.listed && now == Standing::ready && !state.is_fresh(o))
    link.delivered = true;
  if (now == link.standing) return;
  set(link, now);
  if (link.listed || now != Standing::gone) return;
  --groups_[link.group].loose;
  links_.erase(o);
}

void MessageGroups::set(Link& link, Standing now) {
  Group& group = groups_[link.group];
  const std::uint32_t was_busy = link.standing == Standing::busy ? 1 : 0;
  const std::uint32_t is_busy = now == Standing::busy ? 1 : 0;
  group.busy += is_busy - was_busy;
  busy_ += is_busy;
  busy_ -= was_busy;
  // A fair queue lists what was never delivered: in flight, it was. Delayed, it comes later.
  if (!ordered_ && link.listed && now == Standing::busy) link.delivered = true;
  if (link.listed) {
    group.gone += now == Standing::gone ? 1 : 0;
    group.gone -= link.standing == Standing::gone ? 1 : 0;
  }
  link.standing = now;
}

// Brings a group's list, its place in the rings and its share of what is blocked up to date.
void MessageGroups::recheck(std::uint32_t slot) {
  Group& group = groups_[slot];
  while (group.head != kNone) {
    const Link& first = *links_.find(group.head);
    if (first.standing == Standing::gone || first.delivered) {
      drop_head(group);
    } else {
      break;
    }
  }
  if (group.gone > kGoneMax && group.gone > group.listed / 2) drop_gone(group);
  const bool ready = group.head != kNone && links_.find(group.head)->standing == Standing::ready;
  const std::uint32_t weight = ordered_ ? 0 : group.busy;
  if (group.in_ring && (!ready || group.weight != weight)) leave(slot);
  if (ready && !group.in_ring) enter(slot, weight);
  if (ordered_) count_blocked(group);
  recheck_cut(slot);
  if (group.listed + group.loose > 0 || group.cut != kNone) return;
  if (group.hash != 0) by_hash_.erase(group.hash);
  free_.push_back(slot);
}

// A head that nobody finishes would gather all that was finished behind it.
void MessageGroups::drop_gone(Group& group) {
  Offset last = group.head;
  for (Offset o = links_.find(last)->next; o != kNone;) {
    const Link& link = *links_.find(o);
    const Offset next = link.next;
    if (link.standing == Standing::gone) {
      links_.erase(o);
      --group.listed;
      --listed_;
    } else {
      links_.find(last)->next = o;
      last = o;
    }
    o = next;
  }
  links_.find(last)->next = kNone;
  group.tail = last;
  group.gone = 0;
}

// What is in flight is as much as it is, and accounted for as delivery state.
std::size_t MessageGroups::weight() const {
  if (!ordered_) return 2 * listed_;
  const std::size_t all = links_.weight() + kGroupWeight * (groups_.size() - free_.size());
  const std::size_t in_flight = kLoneWeight * busy_;
  return std::max(links_.size() - busy_, all - std::min(all, in_flight));
}

std::unique_ptr<MessageGroups> MessageGroups::anew(Order rule) {
  auto groups = std::make_unique<MessageGroups>(rule);
  if (ordered_ && groups->ordered_) groups->leaving_ = std::move(leaving_);
  return groups;
}

void MessageGroups::enter(std::uint32_t slot, std::uint32_t weight) {
  Group& group = groups_[slot];
  Ring& ring = rings_[weight];
  group.in_ring = true;
  ++in_rings_;
  group.weight = weight;
  group.prev = ring.last;
  group.next = kNobody;
  (ring.last == kNobody ? ring.first : groups_[ring.last].next) = slot;
  ring.last = slot;
}

void MessageGroups::leave(std::uint32_t slot) {
  Group& group = groups_[slot];
  if (!group.in_ring) return;
  group.in_ring = false;
  --in_rings_;
  Ring& ring = rings_[group.weight];
  (group.prev == kNobody ? ring.first : groups_[group.prev].next) = group.next;
  (group.next == kNobody ? ring.last : groups_[group.next].prev) = group.prev;
  if (ring.first == kNobody) rings_.erase(group.weight);
}

}  // namespace twofold::queue
