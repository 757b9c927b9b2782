#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/core.h"
#include "log/assignors.h"
#include "log/classic_group.h"
#include "log/group.h"
#include "log/lag.h"
#include "log/topics.h"

namespace twofold::log {

class Observer;

struct CommittedOffset {
  std::string topic;
  PartitionId partition;
  Offset offset;                   ///< the next one to read
  std::int32_t leader_epoch = -1;  ///< Kafka's, kept as it was given
  std::string metadata{};          ///< likewise, kOffsetMetadataMax
  /// Of a commit: how many seeks of this partition its position knows of; nullopt: it does not
  /// matter. Of a seek's answer: that one and those before.
  std::optional<std::uint64_t> seeks{};
  /// Of a commit: refused (member_fenced) when the group stands elsewhere. One that stands nowhere
  /// yet refuses nothing.
  std::optional<Offset> from{};
};

/// Who commits: nobody in particular (refused while the group has members), a member among which
/// the broker shares out, or a member of a classic group.
using Committer = std::variant<std::monostate, std::string, MemberRef>;

struct Commit {
  std::string group;
  std::vector<CommittedOffset> offsets;
  Committer by{};
  /// Without it an offset below the committed one changes nothing.
  bool may_move_back = false;
  /// An offset below the committed one is refused instead (member_fenced), and so is a commit that
  /// moves no offset on: what else it is part of was done by somebody before.
  bool must_not_lag = false;
};
struct Committed {
  std::vector<CommittedOffset> stands;  ///< where the group stands now, for each offset in order
  Durability durability = Durability::disk;
};

/// A partition that a member reads.
struct HeldPartition {
  std::string topic;
  PartitionKey key;
  std::optional<Offset> committed;
  std::uint64_t seeks = 0;  ///< so far: what a position of it has to carry
};
struct RevokedPartition {
  std::string topic;
  PartitionKey key;
  Instant commit_by;  ///< in the past: somebody else reads it already
};
struct Holding {
  std::int32_t generation = 0;
  Duration session{};
  std::vector<HeldPartition> assigned;    ///< by topic id, then partition
  std::vector<RevokedPartition> revoked;  ///< not to be read any more, but still to be committed
};

struct GroupJoin {
  std::string group;
  std::string member;               ///< a name of its own choice, unique in the group
  std::string client{};             ///< for people
  std::vector<std::string> topics;  ///< kGroupTopicsMax
  Duration session = kSessionDefault;
  Assignor assignor = Assignor::cooperative_sticky;
};

/// What a member hears while it is attached. Called on the core, in the turn in which it happens,
/// with everything changed already: it may call Groups again, but must not destroy itself.
class MemberObserver {
 public:
  virtual ~MemberObserver() = default;
  /// Read these, too: from `committed`, or where the member wants to begin.
  virtual void on_assigned(const std::vector<HeldPartition>& partitions) = 0;
  /// Read no more of these. Until `commit_by` what was handed out can be committed; once all of it
  /// is, or after let_go(), another member reads on at once.
  virtual void on_revoked(const std::vector<RevokedPartition>& partitions) = 0;
  /// A seek has moved the group in these: go on from `committed`, and drop what is on its way.
  virtual void on_moved(const std::vector<HeldPartition>& partitions) = 0;
  /// It is attached no more: its time is over, another one attached under its name, or the topics
  /// that it reads are gone with its membership.
  virtual void on_detached() = 0;
};

struct GroupMember {
  std::string id;
  std::string client;
  std::string host{};                        ///< classic
  std::optional<std::string> instance_id{};  ///< classic
  std::vector<std::string> topics{};         ///< broker
  Duration session{};                        ///< broker
  bool attached = false;                     ///< broker
  Instant heard{0};                          ///< broker
  std::vector<HeldPartition> assigned{};     ///< broker
  std::vector<RevokedPartition> revoking{};  ///< broker
  std::string metadata{};                    ///< classic, when stable
  std::string assignment{};                  ///< classic, when stable
};
struct GroupInfo {
  std::string name;
  std::vector<CommittedOffset> offsets;  ///< by topic, then partition
  GroupKind kind = GroupKind::none;
  GroupState state = GroupState::empty;
  std::int32_t generation = 0;
  std::string protocol_type{};  ///< classic
  std::string protocol{};       ///< classic: the chosen one; broker: the assignor
  std::vector<GroupMember> members{};
};

struct GroupsOptions {
  /// Offsets of a group without members are forgotten that long after its last commit, or after
  /// its last member left.
  Duration offsets_retention = std::chrono::hours{24 * 7};
  std::size_t members_max = 1'000;  ///< of one group
  /// Memory of all groups together, about. What needs more is refused (overloaded); what takes no
  /// more than before, such as the next commit of a reader, never is.
  std::size_t bytes_max = 256 << 20;
  Duration initial_rebalance_delay{0};
};

/// Committed offsets of log readers, and the members that share partitions out among them.
///
/// Offsets   A commit is journaled and durable when answered; it costs O(1) per partition. Offsets
///           of a topic that was removed vanish with it: state is keyed by (group, topic id,
///           partition), so a topic created again starts afresh. An offset may lie before the
///           start: the reader decides what that means. Commits never move an offset back, seeks
///           do.
/// Seeks     are counted by partition. A position carries the count that it was given out under; a
///           commit takes it only while that is still the partition's.
/// Members   are kept in memory only: after a restart they join again. Two kinds, one at a time:
///           broker_group.h (join, attach, leave ...) and classic_group.h (classic_...).
/// A streaming reader   join() with an observer; read what is assigned from `committed` on; say
///           what went out with handed_out(), commit() as the client does, by its member name and
///           with the `seeks` of the partition; on_revoked: stop, tell the client commit_by;
///           leave() when the connection ends. While it is attached no heartbeat is needed.
/// A polling reader     join() each time, which is its heartbeat.
/// Errors  topic_not_found, partition_not_found, group_not_found, invalid_request (offset < 0 or
///         past the end, a name that is empty or longer than kGroupNameMax, nothing to commit),
///         group_in_use (it has members, or members of another kind), member_fenced (another member
///         reads the partition now; nothing was committed), member_unknown, group_full,
///         cursor_stale (a seek came in between), overloaded (bytes_max); those of classic_group.h.
/// Memory  8 bytes for each partition up to the highest that a group committed, 8 more up to the
///         highest that was ever sought; a group with members about 500 bytes more, and what
///         broker_group.h and classic_group.h say.
/// Threads the core only; one timer a group at most.
class Groups final : public engine::StateMachine, public engine::TimerTarget {
 public:
  Groups(engine::Core& core, Topics& topics, GroupsOptions options = {});
  ~Groups() override;

  // -- offsets -----------------------------------------------------------------------------------
  /// `decided` hears where the group stands in the turn in which that is written.
  void commit(Commit commit, Completion<Committed> done, engine::Decided<Committed> decided = {});
  void commit(std::string group, std::vector<CommittedOffset> offsets, Completion<Durability> done);
  /// The two halves of commit(), for turns that commit other things with it: check() everything,
  /// admit the bytes, then apply() in the same turn, which cannot fail. A check is a sign of life
  /// of the member and changes nothing else.
  struct Checked {
    Commit commit;
    std::vector<PartitionKey> keys;  ///< of its offsets
    std::size_t bytes = 0;           ///< that it takes in the journal, at most
  };
  Result<Checked> check(Commit commit);
  std::vector<CommittedOffset> apply(Checked checked);
  /// Commits where nothing was committed yet, without waiting: where a reader without offsets
  /// begins is decided once.
  void begin_at(const std::string& group, const std::vector<CommittedOffset>& offsets);
  /// Moves the group, members and all; positions in these partitions given out before are void.
  /// Error: group_in_use when it has members of the classic kind.
  void seek(std::string group, std::vector<CommittedOffset> to, Completion<Committed> done,
            engine::Decided<Committed> decided = {});
  /// Forgets offsets of partitions. Error: group_in_use when a member reads one of them.
  void forget(std::string group, const std::vector<CommittedOffset>& partitions,
              Completion<Durability> done);
  /// Error: group_in_use while it has members.
  void remove(std::string group, Completion<Durability> done);

  Result<GroupInfo> find(const std::string& group) const;
  std::optional<Offset> committed(const std::string& group, const std::string& topic,
                                  PartitionId partition) const;
  /// As it was committed, with metadata.
  std::optional<CommittedOffset> committed_offset(const std::string& group,
                                                  const std::string& topic,
                                                  PartitionId partition) const;
  std::uint64_t seeks(const std::string& group, const std::string& topic,
                      PartitionId partition) const;
  std::vector<GroupInfo> list(const std::string& after, std::size_t limit) const;
  /// What of a topic the group has not read: without an offset, all of it.
  Lag lag(const std::string& group, const std::string& topic) const;
  Lag lag(const std::string& topic, PartitionId partition, Offset from) const;

  // -- members among which the broker shares out -------------------------------------------------
  /// Joins, or is a sign of life. With an observer the member is attached: alive until detach(), or
  /// `until`; another observer of the same member is detached.
  Result<Holding> join(const GroupJoin& join, MemberObserver* observer = nullptr,
                       std::optional<Instant> until = std::nullopt);
  void detach(const std::string& group, const std::string& member, const MemberObserver& observer);
  Result<Holding> holding(const std::string& group, const std::string& member) const;
  void heartbeat(const std::string& group, const std::string& member);
  Result<> leave(const std::string& group, const std::string& member);
  /// Records before `upto` are in the member's hands, not yet committed; nullopt: none are.
  void handed_out(const std::string& group, const std::string& member, const PartitionKey& key,
                  std::optional<Offset> upto);
  /// What is in its hands and not committed, the member will read again.
  void let_go(const std::string& group, const std::string& member);

  // -- members that share out among themselves ---------------------------------------------------
  /// Answers at once or when the others have come. The ticket is for abandon(); 0 when answered.
  RequestTicket classic_join(const std::string& group, JoinRequest request,
                             Completion<JoinAnswer> done);
  RequestTicket classic_sync(const std::string& group, SyncRequest request,
                             Completion<SyncAnswer> done);
  Result<> classic_heartbeat(const std::string& group, const MemberRef& who);
  Result<> classic_leave(const std::string& group, const MemberRef& who);
  void abandon(const std::string& group, RequestTicket ticket);

  /// Ends every wait, for a drain: parked joins and syncs get shutting_down, observers are
  /// detached.
  void release_waiters();

  /// From now on tells `observer`, or nobody (null).
  void observe(Observer* observer);

  Result<> apply(std::uint32_t owner, std::string_view payload, Instant at) override;
  void snapshot(engine::ByteWriter& out) const override;
  Result<> restore(engine::ByteReader& in) override;
  void recovered(Instant now) override;
  void on_timer(std::uint32_t owner, std::uint64_t token, Instant now) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace twofold::log
