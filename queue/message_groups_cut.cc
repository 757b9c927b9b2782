#include <algorithm>

#include "queue/message_groups.h"

namespace twofold::queue {
namespace {

// All groups together keep about a quarter of the room, at 8 units a message that lies alone.
constexpr std::size_t kShares = 32;
// Of a fair queue: what is remembered of a group on average, when there is reason to look further.
constexpr std::size_t kDeep = 8;
constexpr std::uint32_t kLeast = 4;  // that a group gets, if there is as much
// So long a pass goes on for groups that still have something to deliver.
constexpr std::uint32_t kReadsMax = 16;

}  // namespace

bool MessageGroups::crowded() const {
  if (rule_ == Order::strict) return false;  // there is nobody else
  return ordered_ ? rings_.empty() : listed_ >= kDeep * in_rings_;
}

void MessageGroups::cut(std::size_t limit) {
  const std::size_t groups = groups_.size() - free_.size();
  share_ = static_cast<std::uint32_t>(limit / (kShares * std::max<std::size_t>(1, groups)));
  for (std::uint32_t slot = 0; slot < groups_.size(); ++slot)
    if (groups_[slot].listed > 0 || groups_[slot].cut != kNone) shorten(slot);
}

// Leaves its share to a group, and one message that may go out.
void MessageGroups::shorten(std::uint32_t slot) {
  Group& group = groups_[slot];
  if (group.gone > 0) drop_gone(group);
  const std::uint32_t keep = std::max(share_, group.in_ring ? 1u : 0u);
  std::uint32_t ready = 0;
  Offset last = kNone;
  Offset o = group.head;
  while (o != kNone) {
    const Link& link = *links_.find(o);
    const bool waits = link.standing == Standing::ready && !link.delivered;
    if (waits && ready++ == keep) break;
    last = o;
    o = link.next;
  }
  if (o != kNone && last != kNone) {
    links_.find(last)->next = kNone;
    group.tail = last;
    forget_rest(group, o);
    group.cut = o;
    group.is_sparse = false;
    group.passed_by = pass_.number;
  }
  recheck(slot);
}

void MessageGroups::forget_rest(Group& group, Offset from) {
  for (Offset o = from; o != kNone;) {
    Link& link = *links_.find(o);
    const Offset next = link.next;
    --group.listed;
    --listed_;
    if (link.standing == Standing::gone) --group.gone;
    if (link.delivered) {  // in flight in a fair queue: it goes on to count
      link.listed = link.delivered = false;
      link.next = kNone;
      ++group.loose;
    } else {
      if (link.standing == Standing::busy) {
        --group.busy;
        --busy_;
      }
      links_.erase(o);
    }
    o = next;
  }
}

// How many of its messages wait to be delivered, as far as they are remembered.
std::uint32_t MessageGroups::waiting_of(const Group& group) const {
  return group.listed - group.gone - (ordered_ ? group.busy : 0);
}

// Whether the pass has left out nothing of it.
bool MessageGroups::is_on_the_way(const Group& group) const {
  return pass_.runs && group.cut >= pass_.from && group.passed_by != pass_.number;
}

// Before it runs out, unless that would be for one or two messages. One that nobody finishes has
// all it needs.
bool MessageGroups::wants_more(const Group& group) const {
  if (group.cut == kNone) return false;
  const std::uint32_t waiting = waiting_of(group);
  if (waiting == 0 && (!ordered_ || group.busy == 0)) return true;
  return waiting <= share_ / 4 && share_ >= 2 * kLeast && !group.is_sparse;
}

void MessageGroups::recheck_cut(std::uint32_t slot) {
  Group& group = groups_[slot];
  if (group.cut == kNone && group.queued_at == kNone && !group.rides) return;
  const bool wants = wants_more(group);
  const bool rides = wants && is_on_the_way(group);
  const bool is_starved = rides && waiting_of(group) == 0;
  const Offset queued_at = wants && !rides ? group.cut : kNone;
  if (group.queued_at != queued_at) {
    if (group.queued_at != kNone) queued_.erase({group.queued_at, slot});
    if (queued_at != kNone) queued_.emplace(queued_at, slot);
    group.queued_at = queued_at;
  }
  if (group.rides != rides) {
    rides ? static_cast<void>(riders_.insert(slot)) : static_cast<void>(riders_.erase(slot));
    group.rides = rides;
  }
  starved_ += is_starved ? 1 : 0;
  starved_ -= group.is_starved ? 1 : 0;
  group.is_starved = is_starved;
}

std::optional<Offset> MessageGroups::missing_from() {
  if (pass_.runs) return pass_.at;
  if (queued_.empty()) return std::nullopt;
  const Offset from = queued_.begin()->first;
  pass_ = Pass{true, pass_.number + 1, 0, from, from};
  // All that were cut lie behind it.
  const auto queued = queued_;
  for (const auto& [cut, slot] : queued) recheck_cut(slot);
  return from;
}

void MessageGroups::find_missing(Offset o, GroupHash hash, const Delivery& state) {
  const auto found = by_hash_.find(hash);
  if (hash == 0 || found == by_hash_.end()) return;
  const std::uint32_t slot = found->second;
  Group& group = groups_[slot];
  if (group.cut == kNone || o < group.cut || !is_on_the_way(group)) return;
  const Standing now = standing(o, state);
  if (now == Standing::gone || links_.find(o)) return;
  if (waiting_of(group) >= std::max(share_, kLeast)) {
    group.cut = o;
    group.is_sparse = false;
    group.passed_by = pass_.number;
    return recheck(slot);
  }
  group.cut = engine::advance(o, 1);
  remember(o, slot, now, ordered_ || state.is_fresh(o));
}

void MessageGroups::found_upto(Offset upto, Offset end) {
  if (!pass_.runs) return;
  pass_.at = std::max(pass_.at, upto);
  ++pass_.reads;
  const bool at_end = pass_.at >= end;
  const bool enough = starved_ == 0 && (riders_.empty() || pass_.reads >= kReadsMax);
  if (at_end || enough) end_pass(at_end);
}

// At the end of what was read nothing is missing any more of those that were on the way.
void MessageGroups::end_pass(bool at_end) {
  std::vector<std::uint32_t> done(riders_.begin(), riders_.end());
  if (at_end) {
    done.clear();
    for (std::uint32_t slot = 0; slot < groups_.size(); ++slot)
      if (groups_[slot].cut != kNone && is_on_the_way(groups_[slot])) done.push_back(slot);
  }
  pass_.runs = false;
  for (const std::uint32_t slot : done) {
    Group& group = groups_[slot];
    group.cut = at_end ? kNone : std::max(group.cut, pass_.at);
    group.is_sparse = !at_end;
    recheck(slot);
  }
}

}  // namespace twofold::queue
