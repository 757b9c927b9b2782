#include <algorithm>
#include <queue>

#include "queue/message_groups.h"

namespace twofold::queue {
namespace {

// A group whose first message is ready while a later one is in flight: so many are looked at to see
// how many may go out. What lies behind does not count as blocked then.
constexpr std::uint32_t kPrefixMax = 256;

}  // namespace

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
