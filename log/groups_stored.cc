// What the journal keeps of groups, and how it changes.
#include <fmt/format.h>

#include "log/groups_state.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

Result<> check_group_name(const std::string& group) {
  if (!group.empty() && group.size() <= kGroupNameMax) return {};
  return Error(Errc::invalid_request, "this is not a name for a group",
               fmt::format("1 to {} bytes", kGroupNameMax));
}

GroupOffset to_note(const PartitionKey& key, const CommittedOffset& offset) {
  return {key.topic_id, key.partition, offset.offset, offset.leader_epoch, offset.metadata};
}

void StoredGroup::set(const GroupOffset& offset) {
  OffsetsOfTopic& offsets = topics[offset.topic_id];
  const auto at = static_cast<std::size_t>(offset.partition.value());
  if (at >= offsets.size()) offsets.resize(at + 1);
  offsets[at] = static_cast<std::uint64_t>(offset.offset.value()) + 1;
  const PartitionKey key{offset.topic_id, offset.partition};
  if (offset.leader_epoch == -1 && offset.metadata.empty()) {
    details.erase(key);
  } else {
    details[key] = {offset.leader_epoch, offset.metadata};
  }
}

std::optional<Offset> StoredGroup::get(const PartitionKey& key) const {
  const auto found = topics.find(key.topic_id);
  if (found == topics.end() || key.partition.value() < 0) return std::nullopt;
  const auto at = static_cast<std::size_t>(key.partition.value());
  if (at >= found->second.size() || found->second[at] == 0) return std::nullopt;
  return Offset{static_cast<std::int64_t>(found->second[at] - 1)};
}

std::uint64_t StoredGroup::seeks_of(const PartitionKey& key) const {
  const auto found = seeks.find(key.topic_id);
  const auto at = static_cast<std::size_t>(key.partition.value());
  return found == seeks.end() || at >= found->second.size() ? 0 : found->second[at];
}

void StoredGroup::count_seek(const PartitionKey& key) {
  SeeksOfTopic& counts = seeks[key.topic_id];
  const auto at = static_cast<std::size_t>(key.partition.value());
  if (at >= counts.size()) counts.resize(at + 1);
  ++counts[at];
}

bool StoredGroup::forget_topic(std::uint32_t topic_id) {
  if (topics.erase(topic_id) == 0) return false;
  seeks.erase(topic_id);
  details.erase(details.lower_bound({topic_id, PartitionId{0}}),
                details.lower_bound({topic_id + 1, PartitionId{0}}));
  return topics.empty();
}

// -- State ---------------------------------------------------------------------------------------

const StoredGroup* Groups::State::find(const std::string& group) const {
  const auto found = groups.find(group);
  return found == groups.end() ? nullptr : &found->second;
}

// Live and on replay: a note says everything.
void Groups::State::change(const GroupNote& note) {
  if (const auto* remove = std::get_if<GroupRemove>(&note)) {
    groups.erase(remove->group);
    return;
  }
  if (const auto* left = std::get_if<GroupLeft>(&note)) {
    const auto found = groups.find(left->group);
    if (found != groups.end()) found->second.touched = left->at;
    return;
  }
  if (const auto* forget = std::get_if<GroupForget>(&note)) {
    const auto found = groups.find(forget->group);
    if (found == groups.end()) return;
    for (const PartitionKey& key : forget->partitions) {
      const auto of = found->second.topics.find(key.topic_id);
      const auto at = static_cast<std::size_t>(key.partition.value());
      if (of != found->second.topics.end() && at < of->second.size()) of->second[at] = 0;
      found->second.details.erase(key);
    }
    return;
  }
  const auto* seek = std::get_if<GroupSeek>(&note);
  const auto& offsets = seek ? seek->offsets : std::get<GroupCommit>(note).offsets;
  StoredGroup& group = groups[group_of(note)];
  group.touched = seek ? seek->at : std::get<GroupCommit>(note).at;
  for (const GroupOffset& offset : offsets) {
    group.set(offset);
    if (seek) group.count_seek({offset.topic_id, offset.partition});
  }
}

void Groups::State::write(const GroupNote& note, std::string_view member) {
  change(note);
  if (onlooker) onlooker->on_offsets(note, member);
  core.note(engine::EntryType::group, group_owner(group_of(note)), encode_note(note));
  arm_sweep();
}

Result<> Groups::State::admit_and_write(const GroupNote& note) {
  const std::string payload = encode_note(note);
  if (auto admitted = core.admit(engine::Admission::consume, payload.size()); !admitted) {
    return admitted;
  }
  change(note);
  if (onlooker) onlooker->on_offsets(note, /*member=*/{});
  core.note(engine::EntryType::group, group_owner(group_of(note)), payload);
  arm_sweep();
  return {};
}

void Groups::State::answer_on_disk(Committed committed, Completion<Committed> done,
                                   engine::Decided<Committed> decided) {
  if (decided) decided(committed);
  core.on_commit(Durability::disk, [committed = std::move(committed),
                                    done = std::move(done)](Result<Durability> durable) mutable {
    if (!durable) return done(durable.error());
    committed.durability = *durable;
    done(std::move(committed));
  });
}

}  // namespace twofold::log
