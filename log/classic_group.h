#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "log/group.h"

namespace twofold::log {

/// Names one parked request: whoever asked finds the answer again by it.
using RequestTicket = std::uint64_t;

/// A way of sharing out that a member understands; the broker does not look into `metadata`.
struct GroupProtocol {
  std::string name;
  std::string metadata;

  friend bool operator==(const GroupProtocol&, const GroupProtocol&) = default;
};

struct JoinRequest {
  std::string member_id;                   ///< empty: not known yet
  std::optional<std::string> instance_id;  ///< a static member: keeps its place over restarts
  std::string client_id;
  std::string client_host;
  Duration session_timeout = kSessionDefault;
  Duration rebalance_timeout = kSessionDefault;
  std::string protocol_type;
  std::vector<GroupProtocol> protocols;  ///< the one it likes best comes first
  /// A new member is told its id first, and joins with it: a join whose answer got lost leaves
  /// nobody behind whom the group would wait for.
  bool takes_id_first = false;
  /// A static leader that comes back is told not to assign anew (else it is told of the old id).
  bool may_skip_assignment = false;
};
struct JoinedMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::string metadata;
};
struct JoinAnswer {
  std::string member_id;
  bool id_only = false;  ///< join again with that id
  std::int32_t generation = -1;
  std::string protocol_type{};
  std::string protocol{};
  std::string leader{};
  bool skip_assignment = false;
  std::vector<JoinedMember> members{};  ///< for the leader only
};

/// Who speaks: `generation` as the join said.
struct MemberRef {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = -1;
};
struct SyncRequest {
  MemberRef who;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol;
  std::map<std::string, std::string> assignments;  ///< by member id; of the leader only
};
struct SyncAnswer {
  std::string protocol_type;
  std::string protocol;
  std::string assignment;
};

struct ClassicOptions {
  std::size_t members_max = 1000;
  Duration initial_delay{0};  ///< how long an empty group waits for more
  Duration new_member_join_max = std::chrono::minutes{5};
};

/// A group whose leader shares partitions out: Kafka's classic protocol, JoinGroup to LeaveGroup.
///
/// Contract  every call is a fact with the time at which it happened. Joins and syncs may have to
///           wait for others; answers, in any order, are in take_joins() and take_syncs() after
///           every call, tick() included. A request is answered exactly once, unless abandon()ed.
///   join    the rebalance ends once all members have joined again, or with the longest rebalance
///           timeout among them: who has not joined by then is out, static members aside.
///   sync    answered once the leader's came.
///   session a member not heard of for its session timeout is out, except while a request of it
///           waits here.
/// Errors    member_unknown, instance_fenced, generation_stale, rebalance_in_progress,
///           inconsistent_protocol, group_full. As Kafka's 25, 82, 22, 27, 23 and 81.
/// Time      an argument; tick() when next_deadline() says so. Threads: any, one at a time.
class ClassicGroup {
 public:
  template <class T>
  struct Answered {
    RequestTicket ticket;
    Result<T> result;
  };
  struct MemberView {
    std::string id;
    std::optional<std::string> instance_id;
    std::string client_id;
    std::string client_host;
    std::string metadata;    ///< of the chosen protocol, once stable
    std::string assignment;  ///< once stable
  };

  explicit ClassicGroup(ClassicOptions options) : options_(options) {}

  /// `fresh_id` becomes the member's id if it has none: unique, told to nobody else.
  void join(Instant now, RequestTicket ticket, JoinRequest request, std::string fresh_id);
  void sync(Instant now, RequestTicket ticket, SyncRequest request);
  /// rebalance_in_progress is a sign of life as well.
  Result<> heartbeat(Instant now, const MemberRef& who);
  /// By id, or a static member by its instance with an empty id.
  Result<> leave(Instant now, const MemberRef& who);
  /// Whether this member may commit offsets; without one only while nobody is in the group.
  Result<> may_commit(Instant now, const std::optional<MemberRef>& who);
  /// Whoever asked is gone: drop the parked request without an answer.
  void abandon(RequestTicket ticket);
  /// Ends all that waits with `error`, and all members: the broker is going away.
  void dissolve(const engine::Error& error);

  void tick(Instant now);
  std::optional<Instant> next_deadline() const;

  std::vector<Answered<JoinAnswer>> take_joins() { return std::exchange(joins_, {}); }
  std::vector<Answered<SyncAnswer>> take_syncs() { return std::exchange(syncs_, {}); }

  bool empty() const { return members_.empty() && pending_.empty(); }
  GroupState state() const { return state_; }
  std::int32_t generation() const { return generation_; }
  const std::string& protocol_type() const { return protocol_type_; }
  const std::string& protocol() const { return protocol_; }
  const std::string& leader() const { return leader_; }
  std::vector<MemberView> members() const;

 private:
  struct Member {
    JoinRequest joined;  // its last word
    std::uint64_t order = 0;
    std::string assignment;
    Instant deadline{0};
    bool is_new = true;
    std::optional<RequestTicket> joining;
    std::optional<RequestTicket> syncing;

    const std::string* metadata(const std::string& protocol) const;
  };
  using Members = std::map<std::string, Member>;

  // classic_group_join.cc
  void join_new(Instant now, RequestTicket ticket, JoinRequest request, std::string fresh_id);
  void join_known(Instant now, RequestTicket ticket, JoinRequest request);
  void replace_static(Instant now, RequestTicket ticket, JoinRequest request, std::string fresh_id);
  void add(Instant now, RequestTicket ticket, JoinRequest request, std::string id);
  void rejoin(Instant now, RequestTicket ticket, Member& member, JoinRequest request);
  bool supported(const JoinRequest& request, const std::string& except) const;
  void answer_join(RequestTicket ticket, const std::string& id, bool with_members);
  void refuse_join(RequestTicket ticket, engine::Errc code, std::string detail);

  // classic_group_rebalance.cc
  void prepare(Instant now);
  void complete_if_all_joined(Instant now);
  void complete_join(Instant now);
  bool elect_leader();
  std::string choose_protocol() const;
  void remove(Instant now, const std::string& id);
  void drop_member(const std::string& id);
  void expire_sync(Instant now);
  Duration rebalance_timeout() const;

  Result<> check(const MemberRef& who) const;
  void refuse_sync(RequestTicket ticket, engine::Errc code, std::string detail);
  void renew(Instant now, Member& member);
  SyncAnswer sync_answer(const Member& member) const;

  ClassicOptions options_;
  GroupState state_ = GroupState::empty;
  std::int32_t generation_ = 0;
  std::string protocol_type_;
  std::string protocol_;
  std::string leader_;
  Members members_;
  std::map<std::string, std::string> instances_;  // instance id -> member id
  std::map<std::string, Instant> pending_;        // ids given out that have not joined yet
  std::set<std::string> unsynced_;
  std::uint64_t next_order_ = 0;
  Instant rebalance_deadline_{0};        // while preparing
  std::optional<Duration> gather_left_;  // an empty group waits for more members
  bool member_added_ = false;
  Instant sync_deadline_{0};  // while somebody has not synced
  std::vector<Answered<JoinAnswer>> joins_;
  std::vector<Answered<SyncAnswer>> syncs_;
};

}  // namespace twofold::log
