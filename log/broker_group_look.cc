// What is told of a group, and what has changed for whom.
#include <algorithm>
#include <utility>

#include "log/broker_group.h"

namespace twofold::log {

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
