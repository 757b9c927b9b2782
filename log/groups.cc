#include "log/groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "log/group_notes.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

// The committed offset of each partition plus one, so that a partition never committed costs a
// zero and no more.
using Committed = std::vector<std::uint64_t>;

struct Group {
  std::map<std::uint32_t, Committed> topics;  // by id
};

void set(Committed& committed, PartitionId partition, Offset offset) {
  const auto at = static_cast<std::size_t>(partition.value());
  if (at >= committed.size()) committed.resize(at + 1);
  committed[at] = static_cast<std::uint64_t>(offset.value()) + 1;
}

std::optional<Offset> get(const Committed& committed, PartitionId partition) {
  const auto at = static_cast<std::size_t>(partition.value());
  if (partition.value() < 0 || at >= committed.size() || committed[at] == 0) return std::nullopt;
  return Offset{static_cast<std::int64_t>(committed[at] - 1)};
}

Error group_not_found(std::string_view name) {
  return Error(Errc::group_not_found, fmt::format("no group named {} committed anything", name));
}

}  // namespace

struct Groups::State {
  State(engine::Core& the_core, Topics& the_topics) : core(the_core), topics(the_topics) {}

  Result<std::vector<GroupOffset>> resolve(const std::vector<CommittedOffset>& offsets) const;
  void change(const GroupNote& note);
  void forget_topic(std::uint32_t id);
  GroupInfo info_of(const std::string& name, const Group& group) const;
  void journal(const GroupNote& note, std::string_view payload, Completion<Durability> done);

  engine::Core& core;
  Topics& topics;
  std::map<std::string, Group, std::less<>> groups;
};

Groups::Groups(engine::Core& core, Topics& topics) : state_(std::make_unique<State>(core, topics)) {
  core.attach_machine(engine::EntryType::group, *this);
  topics.when_removed([state = state_.get()](std::uint32_t id) { state->forget_topic(id); });
}

Groups::~Groups() = default;

void Groups::commit(std::string group, std::vector<CommittedOffset> offsets,
                    Completion<Durability> done, engine::Decided<Durability> decided) {
  const auto checked = check(std::move(group), offsets);
  if (!checked) return done(checked.error());
  engine::Core& core = state_->core;
  if (auto admitted = core.admit(engine::Admission::consume, checked->bytes()); !admitted) {
    return done(admitted.error());
  }
  write(*checked);
  if (decided) decided(Durability::disk);
  core.on_commit(Durability::disk, std::move(done));
}

Result<CheckedCommit> Groups::check(std::string group,
                                    const std::vector<CommittedOffset>& offsets) const {
  if (group.empty() || group.size() > kGroupNameMax) {
    return Error(Errc::invalid_request, "this is not a name for a group",
                 fmt::format("1 to {} bytes", kGroupNameMax));
  }
  if (offsets.empty()) return Error(Errc::invalid_request, "there is no offset to commit");
  auto resolved = state_->resolve(offsets);
  if (!resolved) return resolved.error();
  if (state_->groups.size() >= kGroupsMax && !state_->groups.contains(group)) {
    return Error(Errc::overloaded, fmt::format("there are {} groups already", kGroupsMax));
  }
  CheckedCommit checked{{std::move(group), std::move(*resolved)}, {}};
  checked.payload = encode_note(checked.commit);
  return checked;
}

void Groups::write(const CheckedCommit& checked) {
  state_->change(checked.commit);
  state_->core.note(engine::EntryType::group, group_owner(checked.commit.group), checked.payload);
}

void Groups::remove(std::string group, Completion<Durability> done) {
  if (!state_->groups.contains(group)) return done(group_not_found(group));
  const GroupNote note = GroupRemove{std::move(group)};
  state_->journal(note, encode_note(note), std::move(done));
}

Result<GroupInfo> Groups::find(const std::string& group) const {
  const auto found = state_->groups.find(group);
  if (found == state_->groups.end()) return group_not_found(group);
  return state_->info_of(found->first, found->second);
}

std::optional<Offset> Groups::committed(const std::string& group, const std::string& topic,
                                        PartitionId partition) const {
  const auto found = state_->groups.find(group);
  const auto ref = state_->topics.resolve(topic);
  if (found == state_->groups.end() || !ref) return std::nullopt;
  const auto of_topic = found->second.topics.find(ref->id);
  if (of_topic == found->second.topics.end()) return std::nullopt;
  return get(of_topic->second, partition);
}

std::vector<GroupInfo> Groups::list(const std::string& after, std::size_t limit) const {
  std::vector<GroupInfo> infos;
  for (auto at = state_->groups.upper_bound(after);
       at != state_->groups.end() && infos.size() < limit; ++at) {
    infos.push_back(state_->info_of(at->first, at->second));
  }
  return infos;
}

// -- engine::StateMachine ------------------------------------------------------------------------

Result<> Groups::apply(std::uint32_t /*owner*/, std::string_view payload, Instant /*at*/) {
  const auto note = decode_note(payload);
  if (!note) return note.error();
  state_->change(*note);
  return {};
}

// count uvarint | count x { name bytes, topics uvarint x { id uvarint, partitions uvarint x
// { offset + 1 uvarint, 0 for none } } }, all in ascending order.
void Groups::snapshot(engine::ByteWriter& out) const {
  out.uvarint(state_->groups.size());
  for (const auto& [name, group] : state_->groups) {
    out.bytes(name);
    out.uvarint(group.topics.size());
    for (const auto& [id, committed] : group.topics) {
      out.uvarint(id);
      out.uvarint(committed.size());
      for (const std::uint64_t offset : committed) out.uvarint(offset);
    }
  }
}

Result<> Groups::restore(engine::ByteReader& in) {
  constexpr std::size_t kGroupBytesMin = 2;
  constexpr std::size_t kTopicBytesMin = 2;
  state_->groups.clear();
  for (std::size_t groups = in.count(kGroupBytesMin); groups > 0; --groups) {
    Group& group = state_->groups[std::string(in.bytes())];
    for (std::size_t topics = in.count(kTopicBytesMin); topics > 0; --topics) {
      Committed& committed = group.topics[static_cast<std::uint32_t>(in.uvarint())];
      committed.resize(in.count(/*item_bytes_min=*/1));
      for (std::uint64_t& offset : committed) offset = in.uvarint();
    }
  }
  if (!in.ok()) return Error(Errc::data_damaged, "the groups of a checkpoint do not parse");
  return {};
}

// Damage may have cost a topic's definition and left its offsets: nobody could name them any more.
void Groups::recovered(Instant /*now*/) {
  std::set<std::uint32_t> unknown;
  for (const auto& [name, group] : state_->groups) {
    for (const auto& [id, committed] : group.topics) {
      if (!state_->topics.name_of(id)) unknown.insert(id);
    }
  }
  for (const std::uint32_t id : unknown) state_->forget_topic(id);
}

// -- State ---------------------------------------------------------------------------------------

Result<std::vector<GroupOffset>> Groups::State::resolve(
    const std::vector<CommittedOffset>& offsets) const {
  std::vector<GroupOffset> resolved;
  resolved.reserve(offsets.size());
  for (const CommittedOffset& offset : offsets) {
    const auto ref = topics.resolve(offset.topic);
    if (!ref) {
      return Error(Errc::topic_not_found, fmt::format("there is no topic named {}", offset.topic));
    }
    if (offset.partition.value() < 0 || offset.partition.value() >= ref->partitions) {
      return Error(Errc::partition_not_found, fmt::format("topic {} has no partition {}",
                                                          offset.topic, offset.partition.value()));
    }
    if (offset.offset.value() < 0) {
      return Error(Errc::invalid_request,
                   fmt::format("offset {} is below 0", offset.offset.value()));
    }
    const auto end = core.status((*ref->logs)[static_cast<std::size_t>(offset.partition.value())]).end;
    if (offset.offset > end) {
      return Error(Errc::invalid_request,
                   fmt::format("offset {} is past the end of partition {} of {}, which is {}",
                               offset.offset.value(), offset.partition.value(), offset.topic,
                               end.value()));
    }
    resolved.push_back({ref->id, offset.partition, offset.offset});
  }
  return resolved;
}

// Live and on replay: a note says everything.
void Groups::State::change(const GroupNote& note) {
  if (const auto* remove = std::get_if<GroupRemove>(&note)) {
    groups.erase(remove->group);
    return;
  }
  const auto& commit = std::get<GroupCommit>(note);
  Group& group = groups[commit.group];
  for (const GroupOffset& offset : commit.offsets) {
    set(group.topics[offset.topic_id], offset.partition, offset.offset);
  }
}

void Groups::State::journal(const GroupNote& note, std::string_view payload,
                            Completion<Durability> done) {
  if (auto admitted = core.admit(engine::Admission::consume, payload.size()); !admitted) {
    return done(admitted.error());
  }
  change(note);
  const std::string& name =
      std::visit([](const auto& n) -> const std::string& { return n.group; }, note);
  core.note(engine::EntryType::group, group_owner(name), payload);
  core.on_commit(Durability::disk, std::move(done));
}

void Groups::State::forget_topic(std::uint32_t id) {
  for (auto at = groups.begin(); at != groups.end();) {
    auto& of = at->second.topics;
    const bool was_last = of.erase(id) > 0 && of.empty();
    at = was_last ? groups.erase(at) : std::next(at);
  }
}

GroupInfo Groups::State::info_of(const std::string& name, const Group& group) const {
  std::vector<std::pair<const std::string*, const Committed*>> by_name;
  for (const auto& [id, committed] : group.topics) {
    const std::string* topic = topics.name_of(id);
    if (topic) by_name.emplace_back(topic, &committed);
  }
  std::sort(by_name.begin(), by_name.end(),
            [](const auto& a, const auto& b) { return *a.first < *b.first; });
  GroupInfo info{name, {}};
  for (const auto& [topic, committed] : by_name) {
    for (std::int32_t p = 0; p < static_cast<std::int32_t>(committed->size()); ++p) {
      const auto offset = get(*committed, PartitionId{p});
      if (offset) info.offsets.push_back({*topic, PartitionId{p}, *offset});
    }
  }
  return info;
}

}  // namespace twofold::log
