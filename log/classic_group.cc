#include "log/classic_group.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::log {

using engine::Errc;
using engine::Error;

void ClassicGroup::sync(Instant now, RequestTicket ticket, SyncRequest request) {
  if (auto checked = check(request.who); !checked) {
    syncs_.push_back({ticket, checked.error()});
    return;
  }
  if ((request.protocol_type && *request.protocol_type != protocol_type_) ||
      (request.protocol && *request.protocol != protocol_)) {
    return refuse_sync(ticket, Errc::inconsistent_protocol,
                       "the group has chosen another protocol");
  }
  Member& member = members_.at(request.who.member_id);
  if (state_ == GroupState::preparing_rebalance) {
    return refuse_sync(ticket, Errc::rebalance_in_progress, "the group forms anew");
  }
  unsynced_.erase(request.who.member_id);
  renew(now, member);
  if (state_ == GroupState::stable) {
    syncs_.push_back({ticket, sync_answer(member)});
    return;
  }
  if (member.syncing)
    refuse_sync(*member.syncing, Errc::member_unknown, "it synced again meanwhile");
  member.syncing = ticket;
  if (request.who.member_id != leader_) return;

  state_ = GroupState::stable;
  for (auto& [id, one] : members_) {
    const auto assigned = request.assignments.find(id);
    one.assignment = assigned == request.assignments.end() ? std::string() : assigned->second;
    if (!one.syncing) continue;
    syncs_.push_back({*std::exchange(one.syncing, std::nullopt), sync_answer(one)});
    renew(now, one);
  }
}

Result<> ClassicGroup::heartbeat(Instant now, const MemberRef& who) {
  if (auto checked = check(who); !checked) return checked;
  renew(now, members_.at(who.member_id));
  if (state_ != GroupState::preparing_rebalance) return {};
  return Error(Errc::rebalance_in_progress, "the group forms anew: join again");
}

Result<> ClassicGroup::leave(Instant now, const MemberRef& who) {
  std::string id = who.member_id;
  if (id.empty() && who.instance_id) {
    const auto found = instances_.find(*who.instance_id);
    if (found == instances_.end()) return Error(Errc::member_unknown, "no such static member");
    id = found->second;
  }
  if (pending_.erase(id) > 0) {
    complete_if_all_joined(now);
    return {};
  }
  if (auto known = check({id, who.instance_id, generation_}); !known) return known;
  remove(now, id);
  return {};
}

Result<> ClassicGroup::may_commit(Instant now, const std::optional<MemberRef>& who) {
  if (!who) {
    if (members_.empty()) return {};
    return Error(Errc::member_unknown, "the group has members: only they commit");
  }
  if (auto checked = check(*who); !checked) return checked;
  if (state_ == GroupState::completing_rebalance) {
    return Error(Errc::rebalance_in_progress, "the assignment is under way");
  }
  renew(now, members_.at(who->member_id));
  return {};
}

Result<> ClassicGroup::check(const MemberRef& who) const {
  if (who.instance_id) {
    const auto found = instances_.find(*who.instance_id);
    if (found == instances_.end()) return Error(Errc::member_unknown, "no such static member");
    if (found->second != who.member_id) {
      return Error(Errc::instance_fenced,
                   fmt::format("another process is instance {} now", *who.instance_id));
    }
  }
  if (!members_.contains(who.member_id)) {
    return Error(Errc::member_unknown, fmt::format("there is no member {}", who.member_id));
  }
  if (who.generation == generation_) return {};
  return Error(Errc::generation_stale,
               fmt::format("the group is at generation {}, not {}", generation_, who.generation));
}

void ClassicGroup::abandon(RequestTicket ticket) {
  for (auto& [id, member] : members_) {
    if (member.syncing == ticket) member.syncing.reset();
    // It counts as joined until its session is over: Kafka's clients ask again on a new connection.
  }
}

void ClassicGroup::dissolve(const Error& error) {
  for (auto& [id, member] : members_) {
    if (member.joining) joins_.push_back({*member.joining, error});
    if (member.syncing) syncs_.push_back({*member.syncing, error});
  }
  members_.clear();
  instances_.clear();
  pending_.clear();
  unsynced_.clear();
  leader_.clear();
  state_ = GroupState::empty;
}

// -- time ----------------------------------------------------------------------------------------

void ClassicGroup::renew(Instant now, Member& member) {
  member.deadline = now + member.joined.session_timeout;
}

void ClassicGroup::tick(Instant now) {
  const auto pending_before = pending_.size();
  std::erase_if(pending_, [now](const auto& one) { return one.second <= now; });
  std::vector<std::string> late;
  for (const auto& [id, member] : members_) {
    const bool waits_here = (member.joining && !member.is_new) || member.syncing;
    if (!waits_here && member.deadline <= now) late.push_back(id);
  }
  for (const std::string& id : late) {
    if (members_.contains(id)) remove(now, id);
  }
  if (pending_.size() != pending_before) complete_if_all_joined(now);
  if (state_ == GroupState::preparing_rebalance && rebalance_deadline_ <= now) {
    gather_left_ ? complete_if_all_joined(now) : complete_join(now);
  }
  if (!unsynced_.empty() && sync_deadline_ <= now) expire_sync(now);
}

std::optional<Instant> ClassicGroup::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
  for (const auto& [id, until] : pending_) consider(until);
  for (const auto& [id, member] : members_) {
    if ((member.joining && !member.is_new) || member.syncing) continue;
    consider(member.deadline);
  }
  if (state_ == GroupState::preparing_rebalance) consider(rebalance_deadline_);
  if (!unsynced_.empty()) consider(sync_deadline_);
  return next;
}

// -- answers -------------------------------------------------------------------------------------

SyncAnswer ClassicGroup::sync_answer(const Member& member) const {
  return {protocol_type_, protocol_, member.assignment};
}

void ClassicGroup::refuse_sync(RequestTicket ticket, Errc code, std::string detail) {
  syncs_.push_back({ticket, Error(code, std::move(detail))});
}

std::vector<ClassicGroup::MemberView> ClassicGroup::members() const {
  std::vector<MemberView> views;
  for (const auto& [id, member] : members_) {
    MemberView view{
        id, member.joined.instance_id, member.joined.client_id, member.joined.client_host, {}, {}};
    if (state_ == GroupState::stable) {
      const std::string* metadata = member.metadata(protocol_);
      if (metadata) view.metadata = *metadata;
      view.assignment = member.assignment;
    }
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace twofold::log
