// Where a poll as a group reads on.
#include <algorithm>

#include <fmt/format.h>

#include "http/rest/group_poll.h"
#include "http/rest/not_found.h"
#include "http/rest/total_order.h"

namespace twofold::http {
namespace {

struct Standing {
  log::TopicInfo topic;
  std::vector<std::optional<engine::Offset>> committed;  // by partition, as are the
  std::vector<std::uint64_t> seeks;
};

engine::Result<Standing> standing_of(const Broker& broker, const std::string& group,
                                     const std::string& topic) {
  auto found = broker.topics.find(topic);
  if (!found) return found.error();
  Standing standing{*std::move(found), {}, {}};
  for (std::int32_t p = 0; p < standing.topic.config.partitions; ++p) {
    standing.committed.push_back(broker.groups.committed(group, topic, engine::PartitionId{p}));
    standing.seeks.push_back(broker.groups.seeks(group, topic, engine::PartitionId{p}));
  }
  return standing;
}

// The partitions that are to be read: all, or those that the member holds.
std::vector<std::int32_t> wanted_of(const GroupPoll& poll, const log::TopicInfo& topic) {
  std::vector<std::int32_t> wanted;
  if (!poll.holding) {
    for (std::int32_t p = 0; p < topic.config.partitions; ++p) wanted.push_back(p);
    return wanted;
  }
  for (const log::HeldPartition& held : poll.holding->assigned) {
    if (held.key.topic_id == topic.id) wanted.push_back(held.key.partition.value());
  }
  return wanted;
}

Problem sought_since(const std::string& topic, std::size_t partition) {
  return Problem(ProblemKind::cursor_stale,
                 fmt::format("A seek has moved the group in partition {} of {} since this cursor.",
                             partition, topic),
                 "cursor")
      .with_hint("Poll without the cursor: the answer begins where the seek went.");
}

Try<std::vector<log::PartitionPosition>> cursor_for(const PollRequest& request,
                                                    const Standing& standing) {
  for (const TopicCursor& cursor : request.cursors) {
    if (cursor.topic != standing.topic.name) continue;
    auto positions = read_cursor(standing.topic, cursor.cursor);
    if (!positions) return positions;
    for (const log::PartitionPosition& position : *positions) {
      const auto p = static_cast<std::size_t>(position.partition.value());
      if (position.seeks != standing.seeks[p]) return sought_since(cursor.topic, p);
    }
    return positions;
  }
  return std::vector<log::PartitionPosition>();
}

// Where a partition is read on: behind the cursor or the commit, whichever is later.
std::optional<engine::Offset> reads_on(const Standing& standing,
                                       const std::vector<log::PartitionPosition>& cursor,
                                       std::int32_t partition) {
  auto at = standing.committed[static_cast<std::size_t>(partition)];
  const auto* const position = place_in(cursor, engine::PartitionId{partition});
  if (position) at = at ? std::max(*at, position->offset) : position->offset;
  return at;
}

// A partition that was never committed begins where the poll says; that is decided once for a group
// with members, whichever of them comes by.
Task<Try<>> begin_at(Call& call, const GroupPoll& poll, PolledTopic& topic,
                     const std::vector<std::size_t>& open) {
  auto starts = co_await find_places(call, topic.places.topic.name, poll.request.from, "from");
  if (!starts) co_return std::move(starts).problem();
  std::vector<log::CommittedOffset> decided;
  for (const std::size_t i : open) {
    log::PartitionPosition& position = topic.places.positions[i];
    const auto* const start = place_in(starts->positions, position.partition);
    if (!start) continue;
    position.offset = topic.done_before[i] = start->offset;
    decided.push_back({topic.places.topic.name, start->partition, start->offset});
  }
  if (!poll.holding || poll.request.from == "earliest") co_return Try<>();
  auto decide = [&groups = call.broker().groups, &poll, &decided] {
    groups.begin_at(poll.request.group, decided);
    return true;
  };
  co_await ask_core(call.broker().core, std::move(decide));
  co_return Try<>();
}

}  // namespace

Task<Try<>> add_topic(Call& call, GroupPoll& poll, std::string name) {
  auto ask = [&broker = call.broker(), &poll, &name] {
    return standing_of(broker, poll.request.group, name);
  };
  auto standing = co_await ask_core(call.broker().core, std::move(ask));
  if (!standing) co_return co_await explained(call, standing.error(), std::move(name));
  auto cursor = cursor_for(poll.request, *standing);
  if (!cursor) co_return std::move(cursor).problem();
  PolledTopic topic;
  topic.places.topic = standing->topic;
  std::vector<std::size_t> open;
  for (const std::int32_t p : wanted_of(poll, standing->topic)) {
    const auto at = reads_on(*standing, *cursor, p);
    if (!at) open.push_back(topic.places.positions.size());
    const auto i = static_cast<std::size_t>(p);
    topic.places.positions.push_back(
        {engine::PartitionId{p}, at.value_or(engine::Offset{0}), standing->seeks[i]});
    topic.done_before.push_back(standing->committed[i].value_or(engine::Offset{0}));
  }
  if (topic.places.positions.empty()) co_return Try<>();
  if (poll.request.total_order) {
    if (auto few = check_total_order(topic.places.positions.size()); !few) co_return few;
  }
  if (!open.empty()) {
    if (auto begun = co_await begin_at(call, poll, topic, open); !begun) co_return begun;
  }
  poll.topics.push_back(std::move(topic));
  co_return Try<>();
}

}  // namespace twofold::http
