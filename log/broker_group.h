#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "log/assignors.h"
#include "log/group.h"

namespace twofold::log {

/// A group whose partitions the broker shares out: members over REST and WebSocket.
///
/// Every call is a fact that the group is told, with the time; it changes itself and remembers who
/// has to hear of it. A partition has one reader at a time:
///   assigned   the member reads it.
///   revoking   it is to go to another, and records of it are in the member's hands that are not
///              committed yet. The member reads no more of it, but may commit until `commit_by`,
///              one session of its own after the decision. What it commits by then nobody reads
///              twice.
/// A partition of which nothing is in anybody's hands changes readers at once. It changes, too, as
/// soon as what was handed out is committed, the member lets go of it, or `commit_by` is over.
///
/// A member is alive for a session after it was last heard of, and for as long as it is attached
/// (a poll that waits, a socket that is open). The generation counts the decisions.
/// Time      an argument; tick() when next_deadline() says so. Threads: any, one at a time.
/// Memory    about 150 bytes a partition and 300 a member.
class BrokerGroup {
 public:
  struct Join {
    std::string member;
    std::string client;
    std::vector<TopicPartitions> topics;  ///< ascending by id
    Duration session = kSessionDefault;
    Assignor assignor = Assignor::cooperative_sticky;
  };
  struct Revocation {
    PartitionKey key;
    Instant commit_by;
  };
  /// What a member has to hear.
  struct Change {
    std::string member;
    std::vector<PartitionKey> assigned;
    std::vector<Revocation> revoked;
    bool removed = false;   ///< it is no member any more: its session was over
    bool detached = false;  ///< the time that it was attached for is over
  };
  struct MemberView {
    std::string name;
    std::string client;
    std::vector<TopicPartitions> topics;
    Duration session;
    Assignor assignor;
    bool attached;
    Instant heard;
    std::vector<PartitionKey> assigned;
    std::vector<Revocation> revoking;
  };

  explicit BrokerGroup(std::size_t members_max) : members_max_(members_max) {}

  /// A new member, or a sign of life of one; another subscription shares everything out anew.
  /// Error: group_full.
  Result<> join(Instant now, const Join& join);
  /// From now on alive until detach(), but no longer than `until`, if given.
  void attach(const std::string& member, std::optional<Instant> until);
  void detach(Instant now, const std::string& member);
  /// A sign of life.
  void heartbeat(Instant now, const std::string& member);
  void leave(Instant now, const std::string& member);
  /// A topic is gone: nobody reads it any more.
  void forget_topic(Instant now, std::uint32_t topic_id);

  /// Records before `upto` are in the member's hands; nullopt: nothing is. The newest word counts.
  /// No effect when the partition is not the member's.
  void handed_out(const std::string& member, const PartitionKey& key, std::optional<Offset> upto);
  /// Everything before `committed` is done with.
  void settled(const PartitionKey& key, Offset committed);
  /// What was handed out of a partition counts no more: a seek moved everybody.
  void forget_handed_out(const PartitionKey& key);
  /// Whatever is in the member's hands and not committed, it will ask for again.
  void let_go(const std::string& member);

  /// Ends sessions and revocations whose time is over.
  void tick(Instant now);
  std::optional<Instant> next_deadline() const;

  /// Memory, about, and what a member that joins would add to it.
  std::size_t bytes() const;
  std::size_t growth(const Join& join) const;
  bool empty() const { return members_.empty(); }
  bool has(const std::string& member) const { return members_.contains(member); }
  std::int32_t generation() const { return generation_; }
  GroupState state() const;
  Assignor assignor() const;
  std::size_t member_count() const { return members_.size(); }
  /// Null when nobody reads it.
  const std::string* reader(const PartitionKey& key) const;
  MemberView view(const std::string& member) const;
  std::vector<MemberView> members() const;
  /// What has changed for whom since it was asked last; each member once.
  std::vector<Change> take_changes();

 private:
  struct Member {
    MemberNumber number;
    std::string client;
    std::vector<TopicPartitions> topics;
    Duration session;
    Assignor assignor;
    Instant heard;
    bool attached = false;
    std::optional<Instant> attached_until;
    std::set<PartitionKey> owned{};
    std::optional<Instant> due{};  // as it stands in due_

    std::optional<Instant> deadline() const {
      return attached ? attached_until : std::optional(heard + session);
    }
  };
  struct Place {
    MemberNumber owner = kNobody;
    MemberNumber target = kNobody;
    std::optional<Offset> handed_out;
    Instant commit_by{0};  ///< while owner and target differ
  };
  using Members = std::map<std::string, Member>;
  using Places = std::map<PartitionKey, Place>;

  /// After every change of what a member's deadline is made of.
  void keep_time(Member& member);
  void share_out(Instant now);
  void retarget(Instant now, const PartitionKey& key, Place& place, MemberNumber target);
  void hand_over(const PartitionKey& key, Place& place);
  void remove(Instant now, Members::iterator member, bool session_over);
  Change& change_of(MemberNumber member);
  MemberView view_of(Members::const_iterator at) const;

  std::size_t members_max_;
  Members members_;
  std::map<MemberNumber, Members::iterator> by_number_;
  Places places_;
  std::set<std::pair<Instant, MemberNumber>> due_;  // when members' sessions or attachments end
  std::set<std::pair<Instant, PartitionKey>> revocations_;
  std::map<std::string, Change> changes_;
  MemberNumber next_number_ = 1;
  std::int32_t generation_ = 0;
};

}  // namespace twofold::log
