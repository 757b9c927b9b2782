// Members among which the broker shares out: join, attach, leave.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "log/groups_state.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

Result<> check_join(const GroupJoin& join) {
  const auto refuse = [](std::string detail) {
    return Error(Errc::invalid_request, std::move(detail));
  };
  if (auto named = check_group_name(join.group); !named) return named;
  if (join.member.empty() || join.member.size() > kGroupNameMax) {
    return refuse(fmt::format("a member's name has 1 to {} bytes", kGroupNameMax));
  }
  if (join.topics.empty() || join.topics.size() > kGroupTopicsMax) {
    return refuse(fmt::format("a member reads 1 to {} topics", kGroupTopicsMax));
  }
  if (join.session < kSessionMin || join.session > kSessionMax) {
    return refuse("a session lasts from 1s to 30m");
  }
  return {};
}

}  // namespace

Result<Holding> Groups::join(const GroupJoin& join, MemberObserver* observer,
                             std::optional<Instant> until) {
  if (auto checked = check_join(join); !checked) return checked.error();
  BrokerGroup::Join request{join.member, join.client, {}, join.session, join.assignor};
  for (const std::string& topic : join.topics) {
    const auto ref = state_->topics.resolve(topic);
    if (!ref) {
      return Error(Errc::topic_not_found, fmt::format("there is no topic named {}", topic));
    }
    request.topics.push_back({ref->id, ref->partitions});
  }
  std::sort(request.topics.begin(), request.topics.end(),
            [](const auto& a, const auto& b) { return a.topic_id < b.topic_id; });
  if (auto room = state_->check_room(state_->find_live(join.group), request); !room) {
    return room.error();
  }
  LiveGroup& live = state_->make_live(join.group);
  if (live.classic()) {
    return Error(Errc::group_in_use,
                 fmt::format("group {} has members of another protocol", join.group));
  }
  if (!live.broker()) live.members.emplace<BrokerGroup>(state_->options.members_max);
  if (auto joined = live.broker()->join(state_->core.now(), request); !joined) {
    state_->after(live);
    return joined.error();
  }
  MemberObserver* replaced = nullptr;
  if (observer) {
    MemberObserver*& place = live.observers[join.member];
    if (place != observer) replaced = std::exchange(place, observer);
    live.broker()->attach(join.member, until);
  }
  if (replaced) replaced->on_detached();
  state_->after(live);
  return holding(join.group, join.member);
}

void Groups::detach(const std::string& group, const std::string& member,
                    const MemberObserver& observer) {
  LiveGroup* const live = state_->find_live(group);
  if (!live) return;
  const auto found = live->observers.find(member);
  if (found == live->observers.end() || found->second != &observer) return;
  live->observers.erase(found);
  live->broker()->detach(state_->core.now(), member);
  state_->after(*live);
}

Result<Holding> Groups::holding(const std::string& group, const std::string& member) const {
  LiveGroup* const live = state_->find_live(group);
  if (!live || !live->broker() || !live->broker()->has(member)) return no_member(group, member);
  return state_->holding(*live, live->broker()->view(member));
}

void Groups::heartbeat(const std::string& group, const std::string& member) {
  LiveGroup* const live = state_->find_live(group);
  if (live && live->broker()) live->broker()->heartbeat(state_->core.now(), member);
}

Result<> Groups::leave(const std::string& group, const std::string& member) {
  LiveGroup* const live = state_->find_live(group);
  if (!live || !live->broker() || !live->broker()->has(member)) return no_member(group, member);
  MemberObserver* observer = nullptr;
  if (const auto found = live->observers.find(member); found != live->observers.end()) {
    observer = found->second;
    live->observers.erase(found);
  }
  live->broker()->leave(state_->core.now(), member);
  if (observer) observer->on_detached();
  if (LiveGroup* const still = state_->find_live(group)) state_->after(*still);
  return {};
}

void Groups::handed_out(const std::string& group, const std::string& member,
                        const PartitionKey& key, std::optional<Offset> upto) {
  LiveGroup* const live = state_->find_live(group);
  if (!live || !live->broker()) return;
  // Commits may have been faster than the word of what they commit.
  const StoredGroup* const stored = state_->find(group);
  const auto stands = stored ? stored->get(key) : std::nullopt;
  if (upto && stands && *stands >= *upto) upto.reset();
  live->broker()->handed_out(member, key, upto);
  state_->after(*live);
}

void Groups::let_go(const std::string& group, const std::string& member) {
  LiveGroup* const live = state_->find_live(group);
  if (!live || !live->broker()) return;
  live->broker()->let_go(member);
  state_->after(*live);
}

}  // namespace twofold::log
