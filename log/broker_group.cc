#include "log/broker_group.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::log {

Result<> BrokerGroup::join(Instant now, const Join& join) {
  const auto found = members_.find(join.member);
  if (found == members_.end()) {
    if (members_.size() >= members_max_) {
      return engine::Error(engine::Errc::group_full,
                           fmt::format("the group has {} members already", members_max_));
    }
    const auto at = members_
                        .emplace(join.member, Member{next_number_++,
                                                     join.client,
                                                     join.topics,
                                                     join.session,
                                                     join.assignor,
                                                     now,
                                                     false,
                                                     std::nullopt,
                                                     {}})
                        .first;
    by_number_.emplace(at->second.number, at);
    share_out(now);
    return {};
  }
  Member& member = found->second;
  member.heard = now;
  member.session = join.session;
  member.client = join.client;
  if (member.topics == join.topics && member.assignor == join.assignor) return {};
  member.topics = join.topics;
  member.assignor = join.assignor;
  share_out(now);
  return {};
}

void BrokerGroup::attach(const std::string& member, std::optional<Instant> until) {
  const auto found = members_.find(member);
  if (found == members_.end()) return;
  found->second.attached = true;
  found->second.attached_until = until;
}

void BrokerGroup::detach(Instant now, const std::string& member) {
  const auto found = members_.find(member);
  if (found == members_.end() || !found->second.attached) return;
  found->second.attached = false;
  found->second.attached_until.reset();
  found->second.heard = now;
}

void BrokerGroup::heartbeat(Instant now, const std::string& member) {
  const auto found = members_.find(member);
  if (found != members_.end()) found->second.heard = std::max(found->second.heard, now);
}

void BrokerGroup::leave(Instant now, const std::string& member) {
  const auto found = members_.find(member);
  if (found != members_.end()) remove(now, found, /*session_over=*/false);
}

void BrokerGroup::forget_topic(Instant now, std::uint32_t topic_id) {
  bool read = false;
  for (auto& [name, member] : members_) {
    read |= std::erase_if(member.topics, [topic_id](const TopicPartitions& topic) {
              return topic.topic_id == topic_id;
            }) > 0;
  }
  for (auto at = places_.lower_bound({topic_id, PartitionId{0}});
       at != places_.end() && at->first.topic_id == topic_id; ++at) {
    at->second.handed_out.reset();  // nothing can be committed any more
  }
  if (read) share_out(now);
}

// -- what is in whose hands ----------------------------------------------------------------------

void BrokerGroup::handed_out(const std::string& member, const PartitionKey& key,
                             std::optional<Offset> upto) {
  const auto found = members_.find(member);
  const auto place = places_.find(key);
  if (found == members_.end() || place == places_.end()) return;
  if (place->second.owner != found->second.number) return;
  place->second.handed_out = upto;
  if (!upto && place->second.owner != place->second.target) hand_over(key, place->second);
}

void BrokerGroup::settled(const PartitionKey& key, Offset committed) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  Place& place = found->second;
  if (place.handed_out && *place.handed_out > committed) return;
  place.handed_out.reset();
  if (place.owner != place.target) hand_over(key, place);
}

void BrokerGroup::forget_handed_out(const PartitionKey& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  found->second.handed_out.reset();
  if (found->second.owner != found->second.target) hand_over(key, found->second);
}

void BrokerGroup::let_go(const std::string& member) {
  const auto found = members_.find(member);
  if (found == members_.end()) return;
  const std::set<PartitionKey> owned = found->second.owned;
  for (const PartitionKey& key : owned) forget_handed_out(key);
}

// -- time ----------------------------------------------------------------------------------------

void BrokerGroup::tick(Instant now) {
  for (auto at = members_.begin(); at != members_.end();) {
    Member& member = at->second;
    const auto next = std::next(at);
    if (member.attached && member.attached_until && *member.attached_until <= now) {
      detach(now, at->first);
      change_of(member.number).detached = true;
    } else if (!member.attached && member.deadline() <= now) {
      remove(now, at, /*session_over=*/true);
    }
    at = next;
  }
  while (!revocations_.empty() && revocations_.begin()->first <= now) {
    const PartitionKey key = revocations_.begin()->second;
    hand_over(key, places_.at(key));
  }
}

std::optional<Instant> BrokerGroup::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
  for (const auto& [name, member] : members_) {
    if (!member.attached) consider(member.deadline());
    if (member.attached_until) consider(*member.attached_until);
  }
  if (!revocations_.empty()) consider(revocations_.begin()->first);
  return next;
}

// -- who reads what ------------------------------------------------------------------------------

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

// -- looking -------------------------------------------------------------------------------------

GroupState BrokerGroup::state() const {
  if (members_.empty()) return GroupState::empty;
  return revocations_.empty() ? GroupState::stable : GroupState::preparing_rebalance;
}

const std::string* BrokerGroup::reader(const PartitionKey& key) const {
  const auto found = places_.find(key);
  if (found == places_.end() || found->second.owner == kNobody) return nullptr;
  return &by_number_.at(found->second.owner)->first;
}

BrokerGroup::MemberView BrokerGroup::view(const std::string& member) const {
  return view_of(members_.find(member));
}

BrokerGroup::MemberView BrokerGroup::view_of(Members::const_iterator at) const {
  const Member& member = at->second;
  MemberView view{at->first,
                  member.client,
                  member.topics,
                  member.session,
                  member.assignor,
                  member.attached,
                  member.heard,
                  {},
                  {}};
  for (const PartitionKey& key : member.owned) {
    const Place& place = places_.at(key);
    if (place.owner == place.target) {
      view.assigned.push_back(key);
    } else {
      view.revoking.push_back({key, place.commit_by});
    }
  }
  return view;
}

std::vector<BrokerGroup::MemberView> BrokerGroup::members() const {
  std::vector<MemberView> views;
  for (auto at = members_.begin(); at != members_.end(); ++at) views.push_back(view_of(at));
  return views;
}

BrokerGroup::Change& BrokerGroup::change_of(MemberNumber member) {
  const std::string& name = by_number_.at(member)->first;
  Change& change = changes_[name];
  change.member = name;
  return change;
}

// A partition may have come and gone in between: what counts is how it stands now.
std::vector<BrokerGroup::Change> BrokerGroup::take_changes() {
  std::vector<Change> changes;
  for (auto& [name, change] : std::exchange(changes_, {})) {
    const auto found = members_.find(name);
    const MemberNumber number = found == members_.end() ? kNobody : found->second.number;
    const auto reads = [&](const PartitionKey& key) {
      const auto place = places_.find(key);
      return number != kNobody && place != places_.end() && place->second.owner == number &&
             place->second.target == number;
    };
    auto& assigned = change.assigned;
    std::erase_if(assigned, [&](const PartitionKey& key) { return !reads(key); });
    std::sort(assigned.begin(), assigned.end());
    assigned.erase(std::unique(assigned.begin(), assigned.end()), assigned.end());
    std::erase_if(change.revoked, [&](const Revocation& gone) { return reads(gone.key); });
    const bool ended = change.removed || change.detached;
    if (assigned.empty() && change.revoked.empty() && !ended) continue;
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace twofold::log
