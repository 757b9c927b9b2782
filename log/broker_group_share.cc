// Who reads what: sharing out, taking back, handing over.
#include "log/broker_group.h"

namespace twofold::log {

void BrokerGroup::remove(Instant now, Members::iterator at, bool session_over) {
  const Member& member = at->second;
  Change& change = change_of(member.number);
  change.assigned.clear();
  change.removed = session_over;
  for (const PartitionKey& key : member.owned) {
    Place& place = places_.at(key);
    if (place.owner != place.target) revocations_.erase({place.commit_by, key});
    place.owner = kNobody;
    place.handed_out.reset();
  }
  if (member.due) due_.erase({*member.due, member.number});
  by_number_.erase(member.number);
  members_.erase(at);
  share_out(now);
}

Assignor BrokerGroup::assignor() const {
  std::size_t ranges = 0;
  for (const auto& [name, member] : members_) ranges += member.assignor == Assignor::range;
  return ranges * 2 > members_.size() ? Assignor::range : Assignor::cooperative_sticky;
}

void BrokerGroup::share_out(Instant now) {
  ++generation_;
  std::vector<Subscriber> subscribers;
  for (const auto& [name, member] : members_) {
    subscribers.push_back({member.number, name, member.topics});
  }
  // Whoever was promised a partition counts as its reader, so that a promise holds.
  std::map<PartitionKey, MemberNumber> had;
  for (const auto& [key, place] : places_) {
    had[key] = by_number_.contains(place.target) ? place.target : place.owner;
  }
  const auto assignment = log::assign(assignor(), subscribers, had);
  for (const auto& [key, member] : assignment) retarget(now, key, places_[key], member);
  for (auto at = places_.begin(); at != places_.end();) {
    const auto next = std::next(at);
    if (!assignment.contains(at->first)) retarget(now, at->first, at->second, kNobody);
    at = next;
  }
}

void BrokerGroup::retarget(Instant now, const PartitionKey& key, Place& place,
                           MemberNumber target) {
  const bool was_revoking = place.owner != place.target && place.owner != kNobody;
  place.target = target;
  if (place.owner == target) {
    if (target == kNobody) places_.erase(key);
    if (!was_revoking) return;
    revocations_.erase({place.commit_by, key});  // it may keep it after all
    change_of(place.owner).assigned.push_back(key);
    return;
  }
  if (place.owner == kNobody || !place.handed_out) return hand_over(key, place);
  if (was_revoking) return;
  const Member& owner = by_number_.at(place.owner)->second;
  place.commit_by = now + owner.session;
  revocations_.emplace(place.commit_by, key);
  change_of(place.owner).revoked.push_back({key, place.commit_by});
}

// The only place where a partition gets another reader. Frees the place when nobody wants it.
void BrokerGroup::hand_over(const PartitionKey& key, Place& place) {
  if (place.owner != kNobody) {
    by_number_.at(place.owner)->second.owned.erase(key);
    if (revocations_.erase({place.commit_by, key}) == 0) {
      change_of(place.owner).revoked.push_back({key, Instant{0}});
    }
  }
  place.handed_out.reset();
  place.owner = place.target;
  if (place.owner == kNobody) {
    places_.erase(key);
    return;
  }
  by_number_.at(place.owner)->second.owned.insert(key);
  change_of(place.owner).assigned.push_back(key);
}

}  // namespace twofold::log
