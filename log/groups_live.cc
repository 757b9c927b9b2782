// Groups while they have members: their timers, who is told what and when, when they end.
#include <utility>

#include <fmt/format.h>

#include "log/groups_state.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

bool LiveGroup::empty() const {
  if (const auto* of_broker = std::get_if<BrokerGroup>(&members)) return of_broker->empty();
  if (const auto* of_clients = std::get_if<ClassicGroup>(&members)) return of_clients->empty();
  return true;
}

std::optional<Instant> LiveGroup::next_deadline() const {
  if (const auto* of_broker = std::get_if<BrokerGroup>(&members)) return of_broker->next_deadline();
  if (const auto* of_clients = std::get_if<ClassicGroup>(&members)) {
    return of_clients->next_deadline();
  }
  return std::nullopt;
}

void Groups::release_waiters() {
  std::vector<std::string> names;
  for (const auto& [name, live] : state_->live) names.push_back(name);
  for (const std::string& name : names) {
    LiveGroup* const live = state_->find_live(name);
    if (!live) continue;
    if (live->classic()) {
      live->classic()->dissolve(Error(Errc::shutting_down, "the broker is shutting down"));
    }
    for (const auto& [member, observer] : std::exchange(live->observers, {})) {
      live->broker()->detach(state_->core.now(), member);
      observer->on_detached();
    }
    if (LiveGroup* const still = state_->find_live(name)) state_->after(*still);
  }
}

void Groups::on_timer(std::uint32_t owner, std::uint64_t /*token*/, Instant now) {
  if (owner == 0) return state_->sweep(now);
  const auto found = state_->by_slot.find(owner);
  if (found == state_->by_slot.end()) return;
  LiveGroup& live = *found->second;
  if (live.timer && *live.timer <= now) live.timer.reset();
  if (live.broker()) live.broker()->tick(now);
  if (live.classic()) live.classic()->tick(now);
  state_->after(live);
}

// -- State ---------------------------------------------------------------------------------------

Error no_member(const std::string& group, const std::string& member) {
  return Error(Errc::member_unknown, fmt::format("group {} has no member {}", group, member));
}

LiveGroup* Groups::State::find_live(const std::string& group) const {
  const auto found = live.find(group);
  return found == live.end() ? nullptr : found->second.get();
}

LiveGroup& Groups::State::make_live(const std::string& group) {
  auto& place = live[group];
  if (!place) {
    place = std::make_unique<LiveGroup>(group, next_slot++);
    by_slot.emplace(place->slot, place.get());
  }
  return *place;
}

void Groups::State::after(LiveGroup& group) {
  if (!onlooker) return follow_up(group);
  const std::string name = group.name;
  follow_up(group);
  onlooker->on_members(name);
}

void Groups::State::follow_up(LiveGroup& group) {
  const std::string name = group.name;
  if (group.broker()) {
    for (const BrokerGroup::Change& change : group.broker()->take_changes()) {
      LiveGroup* const still = find_live(name);
      if (!still) return;
      tell(*still, change);
    }
  } else if (group.classic()) {
    answer(group);
  }
  LiveGroup* const still = find_live(name);
  if (!still) return;
  count(*still);
  still->empty() ? drop(*still) : arm(*still);
}

void Groups::State::tell(LiveGroup& group, const BrokerGroup::Change& change) {
  const auto found = group.observers.find(change.member);
  if (found == group.observers.end()) return;
  MemberObserver* const observer = found->second;
  if (change.removed || change.detached) {
    group.observers.erase(found);
    return observer->on_detached();
  }
  std::vector<RevokedPartition> lost;
  for (const BrokerGroup::Revocation& one : change.revoked) lost.push_back(revoked(one));
  std::vector<HeldPartition> won;
  for (const PartitionKey& key : change.assigned) won.push_back(held(group.name, key));
  const std::string name = group.name;
  if (!lost.empty()) observer->on_revoked(lost);
  if (won.empty()) return;
  // It may have gone away when it heard the first half.
  const LiveGroup* const still = find_live(name);
  if (!still) return;
  const auto again = still->observers.find(change.member);
  if (again != still->observers.end() && again->second == observer) observer->on_assigned(won);
}

void Groups::State::tell_moved(const std::string& group, const std::set<PartitionKey>& sought) {
  std::vector<std::string> members;
  if (const LiveGroup* const now = find_live(group))
    for (const auto& [member, observer] : now->observers) members.push_back(member);
  for (const std::string& member : members) {
    LiveGroup* const now = find_live(group);
    if (!now || !now->broker()) return;
    const auto observer = now->observers.find(member);
    if (observer == now->observers.end() || !now->broker()->has(member)) continue;
    std::vector<HeldPartition> moved;
    for (const PartitionKey& key : now->broker()->view(member).assigned)
      if (sought.contains(key)) moved.push_back(held(group, key));
    if (!moved.empty()) observer->second->on_moved(moved);
  }
}

void Groups::State::answer(LiveGroup& group) {
  std::vector<std::pair<Completion<JoinAnswer>, Result<JoinAnswer>>> joins;
  std::vector<std::pair<Completion<SyncAnswer>, Result<SyncAnswer>>> syncs;
  for (auto& answered : group.classic()->take_joins()) {
    auto node = group.joins.extract(answered.ticket);
    if (!node.empty()) joins.emplace_back(std::move(node.mapped()), std::move(answered.result));
  }
  for (auto& answered : group.classic()->take_syncs()) {
    auto node = group.syncs.extract(answered.ticket);
    if (!node.empty()) syncs.emplace_back(std::move(node.mapped()), std::move(answered.result));
  }
  for (auto& [done, result] : joins) done(std::move(result));
  for (auto& [done, result] : syncs) done(std::move(result));
}

void Groups::State::arm(LiveGroup& group) {
  const auto next = group.next_deadline();
  if (!next || (group.timer && *group.timer <= *next)) return;
  group.timer = next;
  core.timers().schedule(*next, self, group.slot, 0);
}

void Groups::State::drop(LiveGroup& group) {
  const std::string name = group.name;
  by_slot.erase(group.slot);
  bytes -= group.bytes;
  live.erase(name);
  // From now on the offsets grow old.
  if (find(name)) (void)admit_and_write(GroupLeft{name, core.now()}).has_value();
}

}  // namespace twofold::log
