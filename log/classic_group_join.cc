// Joining a classic group: new members, members that come back, static members in a new process.
#include <algorithm>

#include "log/classic_group.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

const std::string* ClassicGroup::Member::metadata(const std::string& protocol) const {
  for (const GroupProtocol& one : joined.protocols) {
    if (one.name == protocol) return &one.metadata;
  }
  return nullptr;
}

void ClassicGroup::join(Instant now, RequestTicket ticket, JoinRequest request,
                        std::string fresh_id) {
  if (!supported(request, request.member_id)) {
    return refuse_join(ticket, Errc::inconsistent_protocol,
                       "the group's members have no protocol in common with this one");
  }
  if (request.member_id.empty()) {
    return join_new(now, ticket, std::move(request), std::move(fresh_id));
  }
  join_known(now, ticket, std::move(request));
}

// All members must be left with a protocol that each of them speaks.
bool ClassicGroup::supported(const JoinRequest& request, const std::string& except) const {
  if (request.protocols.empty() || request.protocol_type.empty()) return false;
  const bool alone =
      members_.empty() || (members_.size() == 1 && members_.begin()->first == except);
  if (alone) return true;
  if (request.protocol_type != protocol_type_) return false;
  return std::any_of(
      request.protocols.begin(), request.protocols.end(), [&](const GroupProtocol& protocol) {
        return std::all_of(members_.begin(), members_.end(), [&](const auto& other) {
          return other.first == except || other.second.metadata(protocol.name) != nullptr;
        });
      });
}

void ClassicGroup::join_new(Instant now, RequestTicket ticket, JoinRequest request,
                            std::string fresh_id) {
  if (request.instance_id && instances_.contains(*request.instance_id)) {
    return replace_static(now, ticket, std::move(request), std::move(fresh_id));
  }
  if (members_.size() + pending_.size() >= options_.members_max) {
    return refuse_join(ticket, Errc::group_full, "the group has no room for more members");
  }
  if (!request.instance_id && request.takes_id_first) {
    pending_.insert_or_assign(fresh_id, now + request.session_timeout);
    JoinAnswer answer;
    answer.member_id = std::move(fresh_id);
    answer.id_only = true;
    joins_.push_back({ticket, std::move(answer)});
    return;
  }
  add(now, ticket, std::move(request), std::move(fresh_id));
}

void ClassicGroup::join_known(Instant now, RequestTicket ticket, JoinRequest request) {
  if (pending_.erase(request.member_id) > 0) {
    std::string id = request.member_id;
    return add(now, ticket, std::move(request), std::move(id));
  }
  if (auto known = check({request.member_id, request.instance_id, generation_}); !known) {
    joins_.push_back({ticket, known.error()});
    return;
  }
  Member& member = members_.at(request.member_id);
  const bool same = member.joined.protocols == request.protocols;
  const bool leads = request.member_id == leader_;
  if (state_ == GroupState::completing_rebalance && same) {
    renew(now, member);
    return answer_join(ticket, request.member_id, leads);  // the answer got lost
  }
  // A leader that joins again wants to assign anew.
  if (state_ == GroupState::stable && same && !leads) {
    renew(now, member);
    return answer_join(ticket, request.member_id, /*with_members=*/false);
  }
  rejoin(now, ticket, member, std::move(request));
}

void ClassicGroup::add(Instant now, RequestTicket ticket, JoinRequest request, std::string id) {
  if (members_.empty()) protocol_type_ = request.protocol_type;
  if (leader_.empty()) leader_ = id;
  if (request.instance_id) instances_[*request.instance_id] = id;
  Member member;
  member.order = next_order_++;
  member.joining = ticket;
  member.deadline = now + options_.new_member_join_max;
  request.member_id = id;
  member.joined = std::move(request);
  members_.emplace(std::move(id), std::move(member));
  member_added_ = true;
  prepare(now);
}

void ClassicGroup::rejoin(Instant now, RequestTicket ticket, Member& member, JoinRequest request) {
  if (member.joining)
    refuse_join(*member.joining, Errc::member_unknown, "it joined again meanwhile");
  member.joining = ticket;
  member.joined = std::move(request);
  renew(now, member);
  prepare(now);
}

// Another process with the same instance id: it takes the place under a new id, and the old id is
// fenced from now on.
void ClassicGroup::replace_static(Instant now, RequestTicket ticket, JoinRequest request,
                                  std::string fresh_id) {
  const std::string old_id = instances_.at(*request.instance_id);
  auto node = members_.extract(old_id);
  Member& member = node.mapped();
  if (member.joining) refuse_join(*member.joining, Errc::instance_fenced, "another took its place");
  if (member.syncing) refuse_sync(*member.syncing, Errc::instance_fenced, "another took its place");
  member.joining.reset();
  member.syncing.reset();
  instances_[*request.instance_id] = fresh_id;
  const bool led = leader_ == old_id;
  if (led) leader_ = fresh_id;
  if (unsynced_.erase(old_id) > 0) unsynced_.insert(fresh_id);

  const std::string chosen_before = protocol_;
  const bool may_skip = request.may_skip_assignment;
  request.member_id = fresh_id;
  member.joined = std::move(request);
  node.key() = fresh_id;
  Member& placed = members_.insert(std::move(node)).position->second;
  renew(now, placed);
  if (state_ != GroupState::stable || choose_protocol() != chosen_before) {
    placed.joining = ticket;
    return prepare(now);
  }
  // Nothing has changed for the others: no rebalance.
  answer_join(ticket, fresh_id, led && may_skip);
  JoinAnswer& answer = *joins_.back().result;
  if (led && may_skip) answer.skip_assignment = true;
  if (led && !may_skip) answer.leader = old_id;  // so that it does not take itself for the leader
}

void ClassicGroup::answer_join(RequestTicket ticket, const std::string& id, bool with_members) {
  JoinAnswer answer;
  answer.member_id = id;
  answer.generation = generation_;
  answer.protocol_type = protocol_type_;
  answer.protocol = protocol_;
  answer.leader = leader_;
  if (with_members) {
    for (const auto& [other, member] : members_) {
      const std::string* metadata = member.metadata(protocol_);
      answer.members.push_back(
          {other, member.joined.instance_id, metadata ? *metadata : std::string()});
    }
  }
  joins_.push_back({ticket, std::move(answer)});
}

void ClassicGroup::refuse_join(RequestTicket ticket, Errc code, std::string detail) {
  joins_.push_back({ticket, Error(code, std::move(detail))});
}

}  // namespace twofold::log
