// How a classic group forms anew: everybody joins, the leader's assignment goes around.
#include <algorithm>
#include <map>

#include "log/classic_group.h"

namespace twofold::log {

using engine::Errc;

void ClassicGroup::prepare(Instant now) {
  if (state_ == GroupState::completing_rebalance) {
    for (auto& [id, member] : members_) {
      member.assignment.clear();
      if (!member.syncing) continue;
      refuse_sync(*member.syncing, Errc::rebalance_in_progress, "the group forms anew");
      member.syncing.reset();
    }
  }
  unsynced_.clear();
  if (state_ == GroupState::empty) {
    gather_left_ = rebalance_timeout();
    const Duration wait = std::min(options_.initial_delay, *gather_left_);
    *gather_left_ -= wait;
    rebalance_deadline_ = now + wait;
    member_added_ = false;
  } else if (state_ != GroupState::preparing_rebalance) {
    rebalance_deadline_ = now + rebalance_timeout();
  }
  state_ = GroupState::preparing_rebalance;
  complete_if_all_joined(now);
}

Duration ClassicGroup::rebalance_timeout() const {
  Duration most{0};
  for (const auto& [id, member] : members_) {
    most = std::max(most, member.joined.rebalance_timeout);
  }
  return most;
}

void ClassicGroup::complete_if_all_joined(Instant now) {
  if (state_ != GroupState::preparing_rebalance) return;
  if (gather_left_) {
    if (now < rebalance_deadline_ && !members_.empty()) return;
    if (member_added_ && gather_left_->count() > 0) {  // more came while it waited: a little longer
      const Duration wait = std::min(options_.initial_delay, *gather_left_);
      *gather_left_ -= wait;
      rebalance_deadline_ = now + wait;
      member_added_ = false;
      if (wait.count() > 0) return;
    }
    gather_left_.reset();
    return complete_join(now);
  }
  const bool all_joined = std::all_of(members_.begin(), members_.end(), [](const auto& member) {
    return member.second.joining.has_value();
  });
  if (all_joined && pending_.empty()) complete_join(now);
}

void ClassicGroup::complete_join(Instant now) {
  std::vector<std::string> absent;
  for (const auto& [id, member] : members_) {
    if (!member.joining && !member.joined.instance_id) absent.push_back(id);
  }
  for (const std::string& id : absent) drop_member(id);
  if (!elect_leader() && !members_.empty()) {  // static members that are not back: wait for them
    rebalance_deadline_ = now + rebalance_timeout();
    return;
  }
  ++generation_;
  if (members_.empty()) {
    state_ = GroupState::empty;
    protocol_.clear();
    leader_.clear();
    return;
  }
  protocol_ = choose_protocol();
  state_ = GroupState::completing_rebalance;
  sync_deadline_ = now + rebalance_timeout();
  for (auto& [id, member] : members_) {
    unsynced_.insert(id);
    renew(now, member);
    member.is_new = false;
    if (!member.joining) continue;
    const RequestTicket ticket = *member.joining;
    member.joining.reset();
    answer_join(ticket, id, id == leader_);
  }
}

// The leader stays as long as it joins; else whoever has been there longest of those that did.
bool ClassicGroup::elect_leader() {
  const auto leader = members_.find(leader_);
  if (leader != members_.end() && leader->second.joining) return true;
  const Member* best = nullptr;
  for (const auto& [id, member] : members_) {
    if (!member.joining || (best && best->order < member.order)) continue;
    best = &member;
    leader_ = id;
  }
  return best != nullptr;
}

// Each member votes for its first protocol that everybody speaks.
std::string ClassicGroup::choose_protocol() const {
  std::map<std::string, std::size_t> votes;
  for (const auto& [id, member] : members_) {
    for (const GroupProtocol& protocol : member.joined.protocols) {
      const bool common = std::all_of(members_.begin(), members_.end(), [&](const auto& other) {
        return other.second.metadata(protocol.name) != nullptr;
      });
      if (!common) continue;
      ++votes[protocol.name];
      break;
    }
  }
  const auto most = std::max_element(
      votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == votes.end() ? std::string() : most->first;
}

// -- members that go -----------------------------------------------------------------------------

void ClassicGroup::drop_member(const std::string& id) {
  const auto found = members_.find(id);
  Member& member = found->second;
  if (member.joining) refuse_join(*member.joining, Errc::member_unknown, "the member left");
  if (member.syncing) refuse_sync(*member.syncing, Errc::member_unknown, "the member left");
  if (member.joined.instance_id) instances_.erase(*member.joined.instance_id);
  unsynced_.erase(id);
  const bool led = leader_ == id;
  members_.erase(found);
  if (!led) return;
  leader_.clear();
  const auto oldest = std::min_element(
      members_.begin(), members_.end(),
      [](const auto& a, const auto& b) { return a.second.order < b.second.order; });
  if (oldest != members_.end()) leader_ = oldest->first;
}

void ClassicGroup::remove(Instant now, const std::string& id) {
  const std::string gone = id;
  drop_member(gone);
  if (state_ == GroupState::stable || state_ == GroupState::completing_rebalance) {
    return prepare(now);
  }
  complete_if_all_joined(now);
}

void ClassicGroup::expire_sync(Instant now) {
  const std::set<std::string> late = unsynced_;
  for (const std::string& id : late) {
    if (members_.contains(id)) drop_member(id);
  }
  unsynced_.clear();
  if (!late.empty()) prepare(now);
}

}  // namespace twofold::log
