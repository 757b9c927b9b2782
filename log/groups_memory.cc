// The memory of groups: what stands in it, and what has no room any more.
#include <fmt/format.h>

#include "log/groups_state.h"
#include "log/topics_limits.h"

namespace twofold::log {

using engine::Errc;
using engine::Error;

namespace {

constexpr std::size_t kLiveGroupBytes = 500;

Error too_many(std::size_t max, std::string_view what) {
  return Error(Errc::overloaded, fmt::format("there are {} {} already", max, what));
}

}  // namespace

Result<> Groups::State::check_room(std::size_t growth) const {
  if (growth == 0 || bytes + growth <= options.bytes_max) return {};
  return Error(Errc::overloaded,
               fmt::format("groups may take {} bytes of memory; they take {}, and this needs {} "
                           "more",
                           options.bytes_max, bytes, growth),
               "delete groups that nobody uses, or give the broker more with limits.memory");
}

Result<> Groups::State::check_room(const StoredGroup* stored, std::span<const PartitionKey> keys,
                                   std::span<const CommittedOffset> offsets, bool seeks) const {
  if (!stored && groups.size() >= kGroupsMax) return too_many(kGroupsMax, "groups");
  const StoredGroup none;
  const std::size_t growth = (stored ? *stored : none).growth(keys, offsets, seeks);
  return check_room(growth + (stored ? 0 : StoredGroup::kBytes));
}

Result<> Groups::State::check_room(LiveGroup* live_group, const BrokerGroup::Join& join) const {
  if (!live_group && live.size() >= kLiveGroupsMax) {
    return too_many(kLiveGroupsMax, "groups with members");
  }
  const BrokerGroup none(/*members_max=*/0);
  const BrokerGroup* const group = live_group ? live_group->broker() : nullptr;
  return check_room((group ? *group : none).growth(join) + (live_group ? 0 : kLiveGroupBytes));
}

void Groups::State::count(LiveGroup& group) {
  bytes -= group.bytes;
  group.bytes = kLiveGroupBytes + (group.broker() ? group.broker()->bytes() : 0);
  bytes += group.bytes;
}

}  // namespace twofold::log
