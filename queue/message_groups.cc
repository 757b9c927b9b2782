#include "queue/message_groups.h"

#include <algorithm>
#include <queue>

#include "engine/base/check.h"

namespace twofold::queue {
namespace {

// A group whose first message is ready while a later one is in flight: so many are looked at to see
// how many may go out. What lies behind does not count as blocked then.
constexpr std::uint32_t kPrefixMax = 256;
constexpr Offset kNone{-1};
// So many messages that are done with may stand in a list, if they are less than half of it.
constexpr std::uint32_t kGoneMax = 64;
constexpr std::size_t kGroupWeight = 7;  // of 16 bytes: the group, and how it is found

}  // namespace

// Delayed messages of a fair queue hold nobody up, and what is ready again is nobody's turn here.
Standing MessageGroups::standing(Offset o, const Delivery& state) const {
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
  Group& group = groups_[slot];
  Link& link = links_.add(o);
  link.group = slot;
  link.standing = now;
  if (now == Standing::busy) ++group.busy;
  if (ordered_ || state.is_fresh(o)) {
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
  if (links_.size() == 0) return;
  for (const Run& run : runs) {
    for (Offset o = run.base; o < run.end(); o = engine::advance(o, 1)) {
      Link* const link = links_.find(o);
      if (!link || link->standing != Standing::ready) continue;
      if (!ordered_) {
        changed(o, state);
        continue;
      }
      set(*link, Standing::busy);
      recheck(link->group);
    }
  }
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
  if (now == link.standing) return;
  set(link, now);
  if (link.listed || now != Standing::gone) return;
  --groups_[link.group].loose;
  links_.erase(o);
}

void MessageGroups::set(Link& link, Standing now) {
  Group& group = groups_[link.group];
  if (link.standing == Standing::busy) --group.busy;
  if (now == Standing::busy) ++group.busy;
  // A fair queue lists what was never delivered: in flight, it was.
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
  if (group.listed + group.loose > 0) return;
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

std::size_t MessageGroups::weight() const {
  if (!ordered_) return 2 * listed_;
  return links_.weight() + kGroupWeight * (groups_.size() - free_.size());
}

std::unique_ptr<MessageGroups> MessageGroups::empty_one() const {
  return std::make_unique<MessageGroups>(ordered_ ? Order::key : Order::fair);
}

void MessageGroups::enter(std::uint32_t slot, std::uint32_t weight) {
  Group& group = groups_[slot];
  Ring& ring = rings_[weight];
  group.in_ring = true;
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
  Ring& ring = rings_[group.weight];
  (group.prev == kNobody ? ring.first : groups_[group.prev].next) = group.next;
  (group.next == kNobody ? ring.last : groups_[group.next].prev) = group.prev;
  if (ring.first == kNobody) rings_.erase(group.weight);
}

void MessageGroups::count_blocked(Group& group) {
  std::uint32_t blocked = 0;
  if (group.busy > 0) {
    const std::uint32_t ready = group.listed - group.gone - group.busy;
    blocked = ready - std::min(ready, prefix_of(group));
  }
  blocked_ += blocked;
  blocked_ -= group.blocked;
  group.blocked = blocked;
}

// How many of a group may go out.
std::uint32_t MessageGroups::prefix_of(const Group& group) const {
  std::uint32_t prefix = 0;
  std::uint32_t seen = 0;
  for (Offset o = group.head; o != kNone; ++seen) {
    if (seen == kPrefixMax) return UINT32_MAX;
    const Link& link = *links_.find(o);
    if (link.standing == Standing::busy) break;
    if (link.standing == Standing::ready) ++prefix;
    o = link.next;
  }
  return prefix;
}

std::vector<Offset> MessageGroups::choose(std::size_t max, const Delivery* again) const {
  std::vector<Offset> chosen;
  if (rings_.empty() || max == 0) return chosen;
  chosen.reserve(std::min<std::size_t>(max, 1'024));
  ordered_ ? choose_ordered(max, again, chosen) : choose_fair(max, chosen);
  return chosen;
}

void MessageGroups::choose_ordered(std::size_t max, const Delivery* again,
                                   std::vector<Offset>& chosen) const {
  std::uint32_t slot = rings_.begin()->second.first;
  for (; slot != kNobody && chosen.size() < max; slot = groups_[slot].next) {
    for (Offset o = groups_[slot].head; o != kNone && chosen.size() < max;) {
      const Link& link = *links_.find(o);
      if (link.standing == Standing::busy || (again && again->is_fresh(o))) break;
      if (link.standing == Standing::ready) chosen.push_back(o);
      o = link.next;
    }
  }
}

/// A group that waits for its turn while messages are chosen: what is chosen counts as in flight.
struct MessageGroups::Turn {
  std::uint32_t weight;
  std::size_t place;
  Offset next;
  bool operator<(const Turn& other) const {  // the largest comes first in a heap
    return weight != other.weight ? weight > other.weight : place > other.place;
  }
};

void MessageGroups::choose_fair(std::size_t max, std::vector<Offset>& chosen) const {
  std::priority_queue<Turn> turns;
  std::size_t place = 0;
  auto ring = rings_.begin();
  std::uint32_t slot = ring->second.first;
  const auto bring_next = [&] {  // the next group in the order of the rings
    while (slot == kNobody && ring != rings_.end() && ++ring != rings_.end())
      slot = ring->second.first;
    if (ring == rings_.end()) return;
    turns.push({groups_[slot].weight, place++, groups_[slot].head});
    slot = groups_[slot].next;
  };
  for (std::size_t i = 0; i < max; ++i) bring_next();
  while (chosen.size() < max && !turns.empty()) {
    const Turn turn = turns.top();
    turns.pop();
    const Link& link = *links_.find(turn.next);
    const bool ready = link.standing == Standing::ready && !link.delivered;
    if (ready) chosen.push_back(turn.next);
    if (link.next == kNone) continue;
    // What is done with already takes no turn.
    turns.push({turn.weight + (ready ? 1 : 0), ready ? place++ : turn.place, link.next});
  }
}

std::optional<Offset> MessageGroups::blocker(Offset o) const {
  const Link* const of = links_.find(o);
  if (!ordered_ || !of || groups_[of->group].busy == 0) return std::nullopt;
  Offset at = groups_[of->group].head;
  for (std::uint32_t seen = 0; seen < kPrefixMax && at != kNone && at < o; ++seen) {
    const Link& link = *links_.find(at);
    if (link.standing == Standing::busy) return at;
    at = link.next;
  }
  return std::nullopt;
}

}  // namespace twofold::queue
