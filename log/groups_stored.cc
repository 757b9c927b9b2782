// What the journal keeps of groups, and how it changes.
#include <fmt/format.h>

#include "log/groups_state.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

using PlacesOfTopic = std::vector<std::uint64_t>;  // OffsetsOfTopic, SeeksOfTopic

// The partition's, made if it is not there.
std::uint64_t& place_of(std::map<std::uint32_t, PlacesOfTopic>& topics, const PartitionKey& key,
                        std::size_t& bytes) {
  const auto [topic, is_new] = topics.try_emplace(key.topic_id);
  PlacesOfTopic& places = topic->second;
  const auto at = static_cast<std::size_t>(key.partition.value());
  if (is_new) bytes += StoredGroup::kTopicBytes;
  if (at >= places.size()) {
    bytes += (at + 1 - places.size()) * sizeof(std::uint64_t);
    places.resize(at + 1);
  }
  return places[at];
}

std::size_t growth_of(const std::map<std::uint32_t, PlacesOfTopic>& topics,
                      std::span<const PartitionKey> keys) {
  std::map<std::uint32_t, std::size_t> sizes;  // as they would be
  std::size_t bytes = 0;
  for (const PartitionKey& key : keys) {
    const auto [size, is_first] = sizes.try_emplace(key.topic_id);
    if (is_first) {
      const auto topic = topics.find(key.topic_id);
      if (topic == topics.end()) bytes += StoredGroup::kTopicBytes;
      if (topic != topics.end()) size->second = topic->second.size();
    }
    const auto needed = static_cast<std::size_t>(key.partition.value()) + 1;
    if (needed <= size->second) continue;
    bytes += (needed - size->second) * sizeof(std::uint64_t);
    size->second = needed;
  }
  return bytes;
}

// Of a GroupOffset or a CommittedOffset.
bool has_details(const auto& offset) {
  return offset.leader_epoch != -1 || !offset.metadata.empty();
}

std::size_t bytes_of(const OffsetDetails& details) {
  return StoredGroup::kDetailsBytes + details.metadata.size();
}

void forget_details(StoredGroup& group, const PartitionKey& key) {
  const auto found = group.details.find(key);
  if (found == group.details.end()) return;
  group.bytes -= bytes_of(found->second);
  group.details.erase(found);
}

}  // namespace

Result<> check_group_name(const std::string& group) {
  if (!group.empty() && group.size() <= kGroupNameMax) return {};
  return Error(Errc::invalid_request, "this is not a name for a group",
               fmt::format("1 to {} bytes", kGroupNameMax));
}

GroupOffset to_note(const PartitionKey& key, const CommittedOffset& offset) {
  return {key.topic_id, key.partition, offset.offset, offset.leader_epoch, offset.metadata};
}

void StoredGroup::set(const GroupOffset& offset) {
  const PartitionKey key{offset.topic_id, offset.partition};
  place_of(topics, key, bytes) = static_cast<std::uint64_t>(offset.offset.value()) + 1;
  forget_details(*this, key);
  if (!has_details(offset)) return;
  OffsetDetails& of = details[key];
  of = {offset.leader_epoch, offset.metadata};
  bytes += bytes_of(of);
}

void StoredGroup::forget(const PartitionKey& key) {
  const auto of = topics.find(key.topic_id);
  const auto at = static_cast<std::size_t>(key.partition.value());
  if (of != topics.end() && at < of->second.size()) of->second[at] = 0;
  forget_details(*this, key);
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

void StoredGroup::count_seek(const PartitionKey& key) { ++place_of(seeks, key, bytes); }

bool StoredGroup::forget_topic(std::uint32_t topic_id) {
  if (topics.erase(topic_id) == 0) return false;
  seeks.erase(topic_id);
  details.erase(details.lower_bound({topic_id, PartitionId{0}}),
                details.lower_bound({topic_id + 1, PartitionId{0}}));
  recount();
  return topics.empty();
}

void StoredGroup::recount() {
  bytes = kBytes + (topics.size() + seeks.size()) * kTopicBytes;
  for (const auto& [id, offsets] : topics) bytes += offsets.size() * sizeof(std::uint64_t);
  for (const auto& [id, counts] : seeks) bytes += counts.size() * sizeof(std::uint64_t);
  for (const auto& [key, of] : details) bytes += bytes_of(of);
}

std::size_t StoredGroup::growth(std::span<const PartitionKey> keys,
                                std::span<const CommittedOffset> offsets, bool with_seeks) const {
  std::size_t added = growth_of(topics, keys) + (with_seeks ? growth_of(seeks, keys) : 0);
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (!has_details(offsets[i])) continue;
    const auto had = details.find(keys[i]);
    const std::size_t before = had == details.end() ? 0 : bytes_of(had->second);
    const std::size_t after = kDetailsBytes + offsets[i].metadata.size();
    added += after > before ? after - before : 0;
  }
  return added;
}

// -- State ---------------------------------------------------------------------------------------

const StoredGroup* Groups::State::find(const std::string& group) const {
  const auto found = groups.find(group);
  return found == groups.end() ? nullptr : &found->second;
}

// Live and on replay: a note says everything.
void Groups::State::change(const GroupNote& note) {
  const StoredGroup* const before = find(group_of(note));
  bytes -= before ? before->bytes : 0;
  change_group(note);
  const StoredGroup* const after = find(group_of(note));
  bytes += after ? after->bytes : 0;
}

void Groups::State::change_group(const GroupNote& note) {
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
    for (const PartitionKey& key : forget->partitions) found->second.forget(key);
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
