// Members that share out among themselves: their requests, as Kafka's classic protocol has them.
#include <fmt/format.h>

#include "log/groups_state.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

RequestTicket Groups::classic_join(const std::string& group, JoinRequest request,
                                   Completion<JoinAnswer> done) {
  LiveGroup* found = state_->find_live(group);
  if (found && found->broker()) {
    done(Error(Errc::group_in_use, fmt::format("group {} has members of another protocol", group)));
    return 0;
  }
  if (!found && !request.member_id.empty()) {
    done(no_member(group, request.member_id));
    return 0;
  }
  if (auto room = state_->check_room(found, BrokerGroup::Join{}); !room) {
    done(room.error());
    return 0;
  }
  LiveGroup& live = state_->make_live(group);
  if (!live.classic()) {
    ClassicOptions options;
    options.members_max = state_->options.members_max;
    options.initial_delay = state_->options.initial_rebalance_delay;
    live.members.emplace<ClassicGroup>(options);
  }
  const RequestTicket ticket = state_->next_ticket++;
  live.joins.emplace(ticket, std::move(done));
  const std::string& stem = request.instance_id ? *request.instance_id : request.client_id;
  std::string id =
      fmt::format("{}-{:016x}{:016x}", stem, state_->core.random(), state_->core.random());
  live.classic()->join(state_->core.now(), ticket, std::move(request), std::move(id));
  state_->after(live);
  LiveGroup* const still = state_->find_live(group);
  return still && still->joins.contains(ticket) ? ticket : 0;
}

RequestTicket Groups::classic_sync(const std::string& group, SyncRequest request,
                                   Completion<SyncAnswer> done) {
  LiveGroup* const live = state_->find_live(group);
  if (!live || !live->classic()) {
    done(no_member(group, request.who.member_id));
    return 0;
  }
  const RequestTicket ticket = state_->next_ticket++;
  live->syncs.emplace(ticket, std::move(done));
  live->classic()->sync(state_->core.now(), ticket, std::move(request));
  state_->after(*live);
  LiveGroup* const still = state_->find_live(group);
  return still && still->syncs.contains(ticket) ? ticket : 0;
}

Result<> Groups::classic_heartbeat(const std::string& group, const MemberRef& who) {
  LiveGroup* const live = state_->find_live(group);
  if (!live || !live->classic()) return no_member(group, who.member_id);
  auto told = live->classic()->heartbeat(state_->core.now(), who);
  state_->after(*live);
  return told;
}

Result<> Groups::classic_leave(const std::string& group, const MemberRef& who) {
  LiveGroup* const live = state_->find_live(group);
  if (!live || !live->classic()) return no_member(group, who.member_id);
  auto told = live->classic()->leave(state_->core.now(), who);
  state_->after(*live);
  return told;
}

void Groups::abandon(const std::string& group, RequestTicket ticket) {
  LiveGroup* const live = state_->find_live(group);
  if (!live || !live->classic()) return;
  live->joins.erase(ticket);
  live->syncs.erase(ticket);
  live->classic()->abandon(ticket);
}

}  // namespace twofold::log
