#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "log/broker_group.h"
#include "log/group_notes.h"
#include "log/groups.h"
#include "log/observer.h"

namespace twofold::log {

/// The committed offset of each partition plus one, so that a partition never committed costs a
/// zero and no more.
using OffsetsOfTopic = std::vector<std::uint64_t>;
/// How many seeks have moved the group in each partition, up to the highest ever sought.
using SeeksOfTopic = std::vector<std::uint64_t>;

/// What a protocol wants to find again beside an offset.
struct OffsetDetails {
  std::int32_t leader_epoch = -1;
  std::string metadata;
};

/// What the journal keeps of a group.
struct StoredGroup {
  std::map<std::uint32_t, OffsetsOfTopic> topics;  // by id
  std::map<PartitionKey, OffsetDetails> details;   // where there are any
  std::map<std::uint32_t, SeeksOfTopic> seeks;     // likewise
  Instant touched{0};                              // last commit, or the last member's leaving
  std::size_t bytes = kBytes;                      // of memory, about; what changes it counts it

  static constexpr std::size_t kBytes = 300;         // with its name and its place
  static constexpr std::size_t kTopicBytes = 100;    // of a topic's offsets, or its seeks
  static constexpr std::size_t kDetailsBytes = 120;  // of an offset's, besides the metadata

  void set(const GroupOffset& offset);
  void forget(const PartitionKey& key);
  /// What set() of these, and count_seek() if it comes with it, would add to `bytes`, at most.
  std::size_t growth(std::span<const PartitionKey> keys, std::span<const CommittedOffset> offsets,
                     bool with_seeks) const;
  std::optional<Offset> get(const PartitionKey& key) const;
  std::uint64_t seeks_of(const PartitionKey& key) const;
  void count_seek(const PartitionKey& key);
  /// True when nothing is left.
  bool forget_topic(std::uint32_t topic_id);
  /// Counts everything, for whoever has filled it by other ways.
  void recount();
};

/// A group while it has members.
struct LiveGroup {
  LiveGroup(std::string of, std::uint32_t number) : name(std::move(of)), slot(number) {}

  std::string name;
  std::uint32_t slot;  // the owner of its timer
  std::variant<std::monostate, BrokerGroup, ClassicGroup> members;
  std::map<std::string, MemberObserver*> observers;  // by member
  std::map<RequestTicket, Completion<JoinAnswer>> joins;
  std::map<RequestTicket, Completion<SyncAnswer>> syncs;
  std::optional<Instant> timer;  // when the earliest one scheduled fires
  std::size_t bytes = 0;         // as it stands in the account of all groups

  BrokerGroup* broker() { return std::get_if<BrokerGroup>(&members); }
  ClassicGroup* classic() { return std::get_if<ClassicGroup>(&members); }
  bool empty() const;
  std::optional<Instant> next_deadline() const;
};

Result<> check_group_name(const std::string& group);
GroupOffset to_note(const PartitionKey& key, const CommittedOffset& offset);
engine::Error no_member(const std::string& group, const std::string& member);

/// Inside of Groups, for groups*.cc only.
struct Groups::State {
  State(Groups& owner, engine::Core& the_core, Topics& the_topics, GroupsOptions the_options)
      : self(owner), core(the_core), topics(the_topics), options(the_options) {}

  // -- offsets (groups_commit.cc, groups_stored.cc)
  Result<PartitionKey> resolve(const CommittedOffset& offset) const;
  Result<> check_committer(const Commit& commit);
  Result<> check_reader(const Commit& commit, const PartitionKey& key,
                        const CommittedOffset& offset);
  const StoredGroup* find(const std::string& group) const;
  void change(const GroupNote& note);
  void change_group(const GroupNote& note);
  void answer_on_disk(Committed committed, Completion<Committed> done,
                      engine::Decided<Committed> decided);
  void write(const GroupNote& note, std::string_view member);
  Result<> admit_and_write(const GroupNote& note);

  // -- memory (groups_memory.cc)
  Result<> check_room(std::size_t growth) const;
  /// For offsets in `keys` of a group, `stored` if there is one. What adds nothing has room always.
  Result<> check_room(const StoredGroup* stored, std::span<const PartitionKey> keys,
                      std::span<const CommittedOffset> offsets, bool seeks = false) const;
  /// For a member; `live` if there is such a group.
  Result<> check_room(LiveGroup* live, const BrokerGroup::Join& join) const;
  /// After every change of what a live group holds.
  void count(LiveGroup& live);

  // -- members (groups_live.cc)
  LiveGroup* find_live(const std::string& group) const;
  LiveGroup& make_live(const std::string& group);
  /// After every change of a live group: tells whoever has to hear, sets the timer, and drops the
  /// group when nobody is left. `live` may be gone afterwards.
  void after(LiveGroup& live);
  void follow_up(LiveGroup& live);
  void tell(LiveGroup& live, const BrokerGroup::Change& change);
  void answer(LiveGroup& live);
  void arm(LiveGroup& live);
  void drop(LiveGroup& live);
  void tell_moved(const std::string& group, const std::set<PartitionKey>& sought);

  // -- looking (groups_look.cc)
  Holding holding(const LiveGroup& live, const BrokerGroup::MemberView& view) const;
  HeldPartition held(const std::string& group, const PartitionKey& key) const;
  RevokedPartition revoked(const BrokerGroup::Revocation& revocation) const;
  GroupInfo info_of(const std::string& name, const StoredGroup* stored, LiveGroup* live) const;
  void add_members(GroupInfo& info, LiveGroup& live) const;

  // -- forgetting (groups.cc)
  void forget_topic(std::uint32_t id);
  void arm_sweep();
  void sweep(Instant now);

  Groups& self;
  engine::Core& core;
  Topics& topics;
  const GroupsOptions options;
  Observer* onlooker = nullptr;
  std::map<std::string, StoredGroup, std::less<>> groups;
  std::map<std::string, std::unique_ptr<LiveGroup>, std::less<>> live;
  std::unordered_map<std::uint32_t, LiveGroup*> by_slot;
  std::size_t bytes = 0;  // of both
  std::uint32_t next_slot = 1;
  RequestTicket next_ticket = 1;
  bool sweep_armed = false;
  std::string sweep_after;
};

}  // namespace twofold::log
