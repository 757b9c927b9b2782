#include "log/broker_group.h"

#include <algorithm>

#include <fmt/format.h>

namespace twofold::log {

namespace {

constexpr std::size_t kPlaceBytes = 150;
constexpr std::size_t kMemberBytes = 600;  // with its observer

}  // namespace

Result<> BrokerGroup::join(Instant now, const Join& join) {
  const auto found = members_.find(join.member);
  if (found == members_.end()) {
    if (members_.size() >= members_max_) {
      return engine::Error(engine::Errc::group_full,
                           fmt::format("the group has {} members already", members_max_));
    }
    const auto at =
        members_
            .emplace(join.member, Member{next_number_++, join.client, join.topics, join.session,
                                         join.assignor, now, false, std::nullopt})
            .first;
    by_number_.emplace(at->second.number, at);
    keep_time(at->second);
    share_out(now);
    return {};
  }
  Member& member = found->second;
  member.heard = now;
  member.session = join.session;
  member.client = join.client;
  keep_time(member);
  if (member.topics == join.topics && member.assignor == join.assignor) return {};
  member.topics = join.topics;
  member.assignor = join.assignor;
  share_out(now);
  return {};
}

void BrokerGroup::attach(const std::string& member, std::optional<Instant> until) {
  const auto found = members_.find(member);
  if (found == members_.end()) return;
  found->second.attached = true;
  found->second.attached_until = until;
  keep_time(found->second);
}

void BrokerGroup::detach(Instant now, const std::string& member) {
  const auto found = members_.find(member);
  if (found == members_.end() || !found->second.attached) return;
  found->second.attached = false;
  found->second.attached_until.reset();
  found->second.heard = now;
  keep_time(found->second);
}

void BrokerGroup::heartbeat(Instant now, const std::string& member) {
  const auto found = members_.find(member);
  if (found == members_.end()) return;
  found->second.heard = std::max(found->second.heard, now);
  keep_time(found->second);
}

void BrokerGroup::leave(Instant now, const std::string& member) {
  const auto found = members_.find(member);
  if (found != members_.end()) remove(now, found, /*session_over=*/false);
}

void BrokerGroup::forget_topic(Instant now, std::uint32_t topic_id) {
  bool read = false;
  for (auto& [name, member] : members_) {
    read |= std::erase_if(member.topics, [topic_id](const TopicPartitions& topic) {
              return topic.topic_id == topic_id;
            }) > 0;
  }
  for (auto at = places_.lower_bound({topic_id, PartitionId{0}});
       at != places_.end() && at->first.topic_id == topic_id; ++at) {
    at->second.handed_out.reset();  // nothing can be committed any more
  }
  if (read) share_out(now);
}

std::size_t BrokerGroup::bytes() const {
  return places_.size() * kPlaceBytes + members_.size() * kMemberBytes;
}

std::size_t BrokerGroup::growth(const Join& join) const {
  std::size_t bytes = members_.contains(join.member) ? 0 : kMemberBytes;
  for (const TopicPartitions& topic : join.topics) {
    const auto place = places_.lower_bound({topic.topic_id, PartitionId{0}});
    const bool is_read = place != places_.end() && place->first.topic_id == topic.topic_id;
    if (!is_read) bytes += static_cast<std::size_t>(topic.partitions) * kPlaceBytes;
  }
  return bytes;
}

// -- what is in whose hands ----------------------------------------------------------------------

void BrokerGroup::handed_out(const std::string& member, const PartitionKey& key,
                             std::optional<Offset> upto) {
  const auto found = members_.find(member);
  const auto place = places_.find(key);
  if (found == members_.end() || place == places_.end()) return;
  if (place->second.owner != found->second.number) return;
  place->second.handed_out = upto;
  if (!upto && place->second.owner != place->second.target) hand_over(key, place->second);
}

void BrokerGroup::settled(const PartitionKey& key, Offset committed) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  Place& place = found->second;
  if (place.handed_out && *place.handed_out > committed) return;
  place.handed_out.reset();
  if (place.owner != place.target) hand_over(key, place);
}

void BrokerGroup::forget_handed_out(const PartitionKey& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return;
  found->second.handed_out.reset();
  if (found->second.owner != found->second.target) hand_over(key, found->second);
}

void BrokerGroup::let_go(const std::string& member) {
  const auto found = members_.find(member);
  if (found == members_.end()) return;
  const std::set<PartitionKey> owned = found->second.owned;
  for (const PartitionKey& key : owned) forget_handed_out(key);
}

// -- time ----------------------------------------------------------------------------------------

void BrokerGroup::tick(Instant now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto at = by_number_.at(due_.begin()->second);
    if (at->second.attached) {
      detach(now, at->first);
      change_of(at->second.number).detached = true;
    } else {
      remove(now, at, /*session_over=*/true);
    }
  }
  while (!revocations_.empty() && revocations_.begin()->first <= now) {
    const PartitionKey key = revocations_.begin()->second;
    hand_over(key, places_.at(key));
  }
}

void BrokerGroup::keep_time(Member& member) {
  const std::optional<Instant> due = member.deadline();
  if (due == member.due) return;
  if (member.due) due_.erase({*member.due, member.number});
  if (due) due_.emplace(*due, member.number);
  member.due = due;
}

std::optional<Instant> BrokerGroup::next_deadline() const {
  std::optional<Instant> next;
  if (!due_.empty()) next = due_.begin()->first;
  if (revocations_.empty()) return next;
  const Instant first = revocations_.begin()->first;
  return next ? std::min(*next, first) : first;
}

}  // namespace twofold::log
