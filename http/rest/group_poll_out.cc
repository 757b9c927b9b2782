// What becomes of a poll as a group once it has read.
#include <algorithm>

#include "engine/base/duration_text.h"
#include "http/rest/group_poll.h"
#include "http/rest/lag_out.h"
#include "log/cursor.h"

namespace twofold::http {
namespace {

void append_member(JsonWriter& json, const Broker& broker, const GroupPoll& poll) {
  if (!poll.holding) return;
  json.name("member").string(poll.join.member);
  json.name("generation").number(poll.holding->generation);
  json.name("session").string(engine::format_duration(poll.join.session));
  if (poll.holding->revoked.empty()) return;
  std::vector<TopicPartition> revoked;
  engine::Instant commit_by = poll.holding->revoked.front().commit_by;
  for (const log::RevokedPartition& one : poll.holding->revoked) {
    revoked.push_back({one.topic, one.key.partition.value()});
    commit_by = std::min(commit_by, one.commit_by);
  }
  json.name("revoked");
  append_partitions(json, revoked);
  json.name("commit_by").string(wall_text(broker.clock, commit_by));
}

}  // namespace

log::Lag settle(const Broker& broker, const GroupPoll& poll) {
  log::Lag lag;
  for (const PolledTopic& topic : poll.topics) {
    for (std::size_t i = 0; i < topic.places.positions.size(); ++i) {
      const log::PartitionPosition& next = topic.places.positions[i];
      lag.add(broker.groups.lag(topic.places.topic.name, next.partition, next.offset));
      if (!poll.holding) continue;
      std::optional<engine::Offset> handed_out;
      if (next.offset > topic.done_before[i]) handed_out = next.offset;
      broker.groups.handed_out(poll.join.group, poll.join.member,
                               {topic.places.topic.id, next.partition}, handed_out);
    }
  }
  return lag;
}

void append_tail(JsonWriter& json, const Broker& broker, const GroupPoll& poll,
                 const std::vector<Gap>& gaps, const log::Lag& lag) {
  std::vector<TopicCursor> cursors;
  std::vector<TopicPartition> assigned;
  for (const PolledTopic& topic : poll.topics) {
    const log::TopicInfo& info = topic.places.topic;
    cursors.push_back({info.name, log::encode_cursor({info.id, topic.places.positions})});
    for (const auto& position : topic.places.positions) {
      assigned.push_back({info.name, position.partition.value()});
    }
  }
  if (!cursors.empty()) json.name("cursor").string(encode_group_cursor(cursors));
  json.name("assigned");
  append_partitions(json, assigned);
  append_member(json, broker, poll);
  append_gaps(json, gaps);
  json.name("caught_up").boolean(lag.count == 0);
  append_lag(json, lag, broker.clock.wall());
}

}  // namespace twofold::http
