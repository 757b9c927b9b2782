// What is told of groups: where they stand, how far behind, who is in them.
#include <algorithm>

#include <fmt/format.h>

#include "log/groups_state.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

Result<GroupInfo> Groups::find(const std::string& group) const {
  const StoredGroup* const stored = state_->find(group);
  LiveGroup* const live = state_->find_live(group);
  if (stored || live) return state_->info_of(group, stored, live);
  return Error(Errc::group_not_found, fmt::format("there is no group named {}", group));
}

std::optional<Offset> Groups::committed(const std::string& group, const std::string& topic,
                                        PartitionId partition) const {
  const StoredGroup* const stored = state_->find(group);
  const auto ref = state_->topics.resolve(topic);
  if (!stored || !ref) return std::nullopt;
  return stored->get({ref->id, partition});
}

std::optional<CommittedOffset> Groups::committed_offset(const std::string& group,
                                                        const std::string& topic,
                                                        PartitionId partition) const {
  const auto offset = committed(group, topic, partition);
  if (!offset) return std::nullopt;
  CommittedOffset found{topic, partition, *offset};
  const StoredGroup& stored = *state_->find(group);
  const auto details = stored.details.find({state_->topics.resolve(topic)->id, partition});
  if (details == stored.details.end()) return found;
  found.leader_epoch = details->second.leader_epoch;
  found.metadata = details->second.metadata;
  return found;
}

std::uint64_t Groups::seeks(const std::string& group, const std::string& topic,
                            PartitionId partition) const {
  const StoredGroup* const stored = state_->find(group);
  const auto ref = state_->topics.resolve(topic);
  return stored && ref ? stored->seeks_of({ref->id, partition}) : 0;
}

std::vector<GroupInfo> Groups::list(const std::string& after, std::size_t limit) const {
  std::vector<GroupInfo> infos;
  auto stored = state_->groups.upper_bound(after);
  auto live = state_->live.upper_bound(after);
  while (infos.size() < limit && (stored != state_->groups.end() || live != state_->live.end())) {
    const bool only_live = stored == state_->groups.end() ||
                           (live != state_->live.end() && live->first < stored->first);
    if (only_live) {
      infos.push_back(state_->info_of(live->first, nullptr, live->second.get()));
      ++live;
      continue;
    }
    const bool both = live != state_->live.end() && live->first == stored->first;
    infos.push_back(
        state_->info_of(stored->first, &stored->second, both ? live->second.get() : nullptr));
    if (both) ++live;
    ++stored;
  }
  return infos;
}

Lag Groups::lag(const std::string& group, const std::string& topic) const {
  Lag sum;
  const auto ref = state_->topics.resolve(topic);
  if (!ref) return sum;
  const StoredGroup* const stored = state_->find(group);
  for (std::int32_t p = 0; p < ref->partitions; ++p) {
    const auto from = stored ? stored->get({ref->id, PartitionId{p}}) : std::nullopt;
    sum.add(
        state_->core.backlog((*ref->logs)[static_cast<std::size_t>(p)], from.value_or(Offset{0})));
  }
  return sum;
}

Lag Groups::lag(const std::string& topic, PartitionId partition, Offset from) const {
  Lag sum;
  const auto ref = state_->topics.resolve(topic);
  if (!ref || partition.value() < 0 || partition.value() >= ref->partitions) return sum;
  sum.add(state_->core.backlog((*ref->logs)[static_cast<std::size_t>(partition.value())], from));
  return sum;
}

// -- State ---------------------------------------------------------------------------------------

GroupInfo Groups::State::info_of(const std::string& name, const StoredGroup* stored,
                                 LiveGroup* of_members) const {
  GroupInfo info;
  info.name = name;
  if (of_members) add_members(info, *of_members);
  if (!stored) return info;
  std::vector<std::pair<const std::string*, std::uint32_t>> by_name;
  for (const auto& [id, offsets] : stored->topics) {
    const std::string* topic = topics.name_of(id);
    if (topic) by_name.emplace_back(topic, id);
  }
  std::sort(by_name.begin(), by_name.end(),
            [](const auto& a, const auto& b) { return *a.first < *b.first; });
  for (const auto& [topic, id] : by_name) {
    const auto partitions = static_cast<std::int32_t>(stored->topics.at(id).size());
    for (std::int32_t p = 0; p < partitions; ++p) {
      const auto offset = stored->get({id, PartitionId{p}});
      if (offset) info.offsets.push_back({*topic, PartitionId{p}, *offset});
    }
  }
  return info;
}

HeldPartition Groups::State::held(const std::string& group, const PartitionKey& key) const {
  const std::string* const topic = topics.name_of(key.topic_id);
  const StoredGroup* const stored = find(group);
  return {topic ? *topic : std::string(), key, stored ? stored->get(key) : std::nullopt,
          stored ? stored->seeks_of(key) : 0};
}

RevokedPartition Groups::State::revoked(const BrokerGroup::Revocation& revocation) const {
  const std::string* const topic = topics.name_of(revocation.key.topic_id);
  return {topic ? *topic : std::string(), revocation.key, revocation.commit_by};
}

Holding Groups::State::holding(const LiveGroup& group, const BrokerGroup::MemberView& view) const {
  Holding holding;
  holding.generation = std::get<BrokerGroup>(group.members).generation();
  holding.session = view.session;
  for (const PartitionKey& key : view.assigned) holding.assigned.push_back(held(group.name, key));
  for (const BrokerGroup::Revocation& one : view.revoking) holding.revoked.push_back(revoked(one));
  return holding;
}

void Groups::State::add_members(GroupInfo& info, LiveGroup& group) const {
  if (const ClassicGroup* const classic = group.classic()) {
    info.kind = GroupKind::classic;
    info.state = classic->state();
    info.generation = classic->generation();
    info.protocol_type = classic->protocol_type();
    info.protocol = classic->protocol();
    for (ClassicGroup::MemberView& view : classic->members()) {
      GroupMember member;
      member.id = view.id;
      member.client = view.client_id;
      member.host = view.client_host;
      member.instance_id = view.instance_id;
      member.metadata = std::move(view.metadata);
      member.assignment = std::move(view.assignment);
      info.members.push_back(std::move(member));
    }
    return;
  }
  const BrokerGroup* const broker = group.broker();
  if (!broker) return;
  info.kind = GroupKind::broker;
  info.state = broker->state();
  info.generation = broker->generation();
  info.protocol = assignor_name(broker->assignor());
  for (const BrokerGroup::MemberView& view : broker->members()) {
    GroupMember member;
    member.id = view.name;
    member.client = view.client;
    for (const TopicPartitions& topic : view.topics) {
      if (const std::string* name = topics.name_of(topic.topic_id)) member.topics.push_back(*name);
    }
    member.session = view.session;
    member.attached = view.attached;
    member.heard = view.heard;
    for (const PartitionKey& key : view.assigned) member.assigned.push_back(held(info.name, key));
    for (const BrokerGroup::Revocation& one : view.revoking)
      member.revoking.push_back(revoked(one));
    info.members.push_back(std::move(member));
  }
}

}  // namespace twofold::log
