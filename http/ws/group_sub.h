#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/ws/membership.h"
#include "http/ws/topic_sub.h"

namespace twofold::http::ws {

/// A subscription as a member of a group: it reads the partitions that are this member's, from what
/// the group has committed, and ends its membership with itself.
///
/// The group is on the core and may change at any time. Whatever happens there, the subscription
/// asks what the member holds now, and makes itself read just that: `revoked` and `assigned` tell
/// the client. What was sent counts as handed out, so that it can be committed for a while when
/// the partition goes to somebody else.
class GroupSub final : public TopicSub {
 public:
  GroupSub(std::shared_ptr<Connection> connection, std::uint32_t sub, const Subscribe& request,
           std::string member);

  const std::string& group() const { return group_; }
  const std::shared_ptr<Membership>& membership() const { return membership_; }

  /// The member has joined: it begins to read what it holds.
  void open(std::shared_ptr<const StreamSpec> spec, log::TopicInfo info);
  /// The member may hold something else now.
  void look();
  /// What committing a cursor of this subscription means. Errors: invalid_cursor, cursor_stale (of
  /// a topic that was created anew).
  Try<log::Commit> commit_of(std::string_view cursor) const;
  void committed(const log::Committed& committed);

  // Subscription
  std::string about() const override { return TopicSub::about() + " as group " + group_; }
  void end(bool release) override;
  std::size_t held() const override;

 private:
  struct Part {
    engine::Offset sent;       // before it, everything is in the client's hands
    engine::Offset committed;  // before it, everything is done with
    std::uint64_t seeks;       // by which it was moved before
  };
  using Parts = std::map<std::int32_t, Part>;

  void sending() override;
  void name(trace::Span& span) const override { span.group = group_; }
  static Task<> look_again(std::shared_ptr<GroupSub> self);
  static Task<Try<>> begin(std::shared_ptr<GroupSub> self, log::Holding& holding);
  void reconcile(const log::Holding& holding);
  Part part_of(const log::HeldPartition& held) const;
  Positions places_of(const Parts& parts) const;
  void let_go(const log::Holding& holding, const Parts& now);
  const Part* find(std::int32_t partition) const;

  const std::string group_;
  const std::string from_;  // where it reads on what the group has never committed
  std::shared_ptr<Membership> membership_;
  log::TopicInfo info_;
  Parts parts_;                                  // read by this member
  Parts revoking_;                               // not any more, but to be committed
  std::map<std::int32_t, engine::Offset> gone_;  // not this member's any more: what was committed
  std::int32_t generation_ = -1;
  bool looking_ = false;
  bool again_ = false;
};

}  // namespace twofold::http::ws
