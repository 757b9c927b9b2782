#include "log/groups.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "log/groups_state.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

constexpr Duration kSweepEvery = std::chrono::minutes{10};
constexpr Duration kSweepPause{50};
constexpr std::size_t kGroupsPerSweep = 1'000;
constexpr std::uint32_t kSweepOwner = 0;  // groups with members have numbers from 1

}  // namespace

Groups::Groups(engine::Core& core, Topics& topics, GroupsOptions options)
    : state_(std::make_unique<State>(*this, core, topics, options)) {
  core.attach_machine(engine::EntryType::group, *this);
  topics.when_removed([state = state_.get()](std::uint32_t id) { state->forget_topic(id); });
}

Groups::~Groups() = default;

void Groups::observe(Observer* observer) { state_->onlooker = observer; }

// -- engine::StateMachine ------------------------------------------------------------------------

Result<> Groups::apply(std::uint32_t /*owner*/, std::string_view payload, Instant /*at*/) {
  const auto note = decode_note(payload);
  if (!note) return note.error();
  state_->change(*note);
  return {};
}

// count uvarint | count x { name bytes, touched uvarint, topics uvarint x { id uvarint, partitions
// uvarint x { offset + 1 uvarint, 0 for none }, sought uvarint x { seeks uvarint } }, details
// uvarint x { topic id uvarint, partition uvarint, leader epoch + 1 uvarint, metadata bytes } },
// all in ascending order; offsets and seeks are of the partitions from 0.
void Groups::snapshot(engine::ByteWriter& out) const {
  out.uvarint(state_->groups.size());
  for (const auto& [name, group] : state_->groups) {
    out.bytes(name);
    out.uvarint(static_cast<std::uint64_t>(group.touched.value()));
    out.uvarint(group.topics.size());
    for (const auto& [id, offsets] : group.topics) {
      out.uvarint(id);
      out.uvarint(offsets.size());
      for (const std::uint64_t offset : offsets) out.uvarint(offset);
      const auto sought = group.seeks.find(id);
      out.uvarint(sought == group.seeks.end() ? 0 : sought->second.size());
      if (sought == group.seeks.end()) continue;
      for (const std::uint64_t seeks : sought->second) out.uvarint(seeks);
    }
    out.uvarint(group.details.size());
    for (const auto& [key, details] : group.details) {
      out.uvarint(key.topic_id);
      out.uvarint(static_cast<std::uint64_t>(key.partition.value()));
      out.uvarint(static_cast<std::uint64_t>(std::int64_t{details.leader_epoch} + 1));
      out.bytes(details.metadata);
    }
  }
}

Result<> Groups::restore(engine::ByteReader& in) {
  constexpr std::size_t kGroupBytesMin = 4;
  constexpr std::size_t kTopicBytesMin = 3;
  constexpr std::size_t kDetailBytesMin = 4;
  state_->groups.clear();
  state_->bytes = 0;
  for (std::size_t groups = in.count(kGroupBytesMin); groups > 0; --groups) {
    StoredGroup& group = state_->groups[std::string(in.bytes())];
    group.touched = Instant{static_cast<std::int64_t>(in.uvarint())};
    for (std::size_t topics = in.count(kTopicBytesMin); topics > 0; --topics) {
      const auto id = static_cast<std::uint32_t>(in.uvarint());
      OffsetsOfTopic& offsets = group.topics[id];
      offsets.resize(in.count(/*item_bytes_min=*/1));
      for (std::uint64_t& offset : offsets) offset = in.uvarint();
      const std::size_t sought = in.count(/*item_bytes_min=*/1);
      if (sought > 0) group.seeks[id].resize(sought);
      for (std::size_t p = 0; p < sought; ++p) group.seeks[id][p] = in.uvarint();
    }
    for (std::size_t details = in.count(kDetailBytesMin); details > 0; --details) {
      const auto id = static_cast<std::uint32_t>(in.uvarint());
      const PartitionId partition{static_cast<std::int32_t>(in.uvarint())};
      OffsetDetails& one = group.details[{id, partition}];
      one.leader_epoch = static_cast<std::int32_t>(static_cast<std::int64_t>(in.uvarint()) - 1);
      one.metadata = in.bytes();
    }
    group.recount();
    state_->bytes += group.bytes;
  }
  if (!in.ok()) return Error(Errc::data_damaged, "the groups of a checkpoint do not parse");
  return {};
}

// Damage may have cost a topic's definition and left its offsets: nobody could name them any more.
void Groups::recovered(Instant /*now*/) {
  std::set<std::uint32_t> unknown;
  for (const auto& [name, group] : state_->groups) {
    for (const auto& [id, offsets] : group.topics) {
      if (!state_->topics.name_of(id)) unknown.insert(id);
    }
  }
  for (const std::uint32_t id : unknown) state_->forget_topic(id);
  state_->arm_sweep();
}

// -- forgetting ----------------------------------------------------------------------------------

void Groups::State::arm_sweep() {
  if (sweep_armed || groups.empty()) return;
  sweep_armed = true;
  core.timers().schedule(core.now() + kSweepEvery, self, kSweepOwner, 0);
}

void Groups::State::sweep(Instant now) {
  sweep_armed = false;
  std::vector<std::string> forgotten;
  std::vector<std::string> in_use;  // noted now and then: a restart must not take them for unused
  std::size_t looked_at = 0;
  auto at = groups.upper_bound(sweep_after);
  for (; at != groups.end() && looked_at < kGroupsPerSweep; ++at, ++looked_at) {
    sweep_after = at->first;
    const bool is_old = at->second.touched + options.offsets_retention <= now;
    const bool is_live = live.contains(at->first);
    if (is_old && !is_live) forgotten.push_back(at->first);
    if (is_live && at->second.touched + options.offsets_retention / 4 <= now) in_use.push_back(at->first);
  }
  const bool at_the_end = at == groups.end();
  for (std::string& name : forgotten) {
    if (!admit_and_write(GroupRemove{std::move(name)})) break;  // next time, then
  }
  for (std::string& name : in_use) {
    if (!admit_and_write(GroupLeft{std::move(name), now})) break;
  }
  if (at_the_end) {
    sweep_after.clear();
    return arm_sweep();
  }
  sweep_armed = true;
  core.timers().schedule(now + kSweepPause, self, kSweepOwner, 0);
}

void Groups::State::forget_topic(std::uint32_t id) {
  for (auto at = groups.begin(); at != groups.end();) {
    bytes -= at->second.bytes;
    const bool is_empty = at->second.forget_topic(id);
    bytes += is_empty ? 0 : at->second.bytes;
    at = is_empty ? groups.erase(at) : std::next(at);
  }
  std::vector<std::string> names;
  for (const auto& [name, group] : live) names.push_back(name);
  for (const std::string& name : names) {
    LiveGroup* const group = find_live(name);
    if (!group || !group->broker()) continue;
    group->broker()->forget_topic(core.now(), id);
    after(*group);
  }
}

}  // namespace twofold::log
