#include "http/rest/position_in.h"

#include <algorithm>

#include <fmt/format.h>

#include "http/rest/not_found.h"

namespace twofold::http {
namespace {

struct Found {
  log::TopicInfo topic;
  std::vector<log::PartitionOffsets> offsets;
  std::vector<log::ReadablePartition> around_time;  // for a time
};

engine::Result<Found> find_on_core(log::Topics& topics, const std::string& name,
                                   const log::Position& position) {
  Found found;
  auto topic = topics.find(name);
  if (!topic) return topic.error();
  found.topic = *std::move(topic);
  auto offsets = topics.offsets(name);
  if (!offsets) return offsets.error();
  found.offsets = *std::move(offsets);
  if (const auto* time = std::get_if<engine::WallTime>(&position)) {
    auto around = topics.plan_time(name, *time);
    if (!around) return around.error();
    found.around_time = *std::move(around);
  }
  return found;
}

engine::Result<std::vector<log::PartitionPosition>> search(
    const std::vector<log::ReadablePartition>& around, engine::WallTime time) {
  std::vector<log::PartitionPosition> positions;
  for (const log::ReadablePartition& partition : around) {
    auto offset = log::find_time(partition, time);
    if (!offset) return offset.error();
    positions.push_back({partition.partition, *offset});
  }
  return positions;
}

Task<Try<std::vector<log::PartitionPosition>>> place_time(Call& call, const Found& found,
                                                          engine::WallTime time) {
  const bool in_memory =
      std::all_of(found.around_time.begin(), found.around_time.end(),
                  [](const log::ReadablePartition& p) { return p.plan.in_memory(); });
  auto work = [&found, time] { return search(found.around_time, time); };
  engine::Result<std::vector<log::PartitionPosition>> positions =
      std::vector<log::PartitionPosition>();
  if (in_memory) {
    positions = work();
  } else {
    positions = co_await run_on(call.broker().storage_pool, std::move(work));
  }
  if (!positions) co_return positions.error();
  co_return *std::move(positions);
}

}  // namespace

Task<Try<Places>> find_places(Call& call, std::string topic, std::string position,
                              std::string_view param, std::optional<engine::PartitionId> only) {
  const auto parsed = log::parse_position(position, call.broker().clock.wall());
  if (!parsed) {
    Problem problem(parsed.error());
    problem.param = param;
    co_return problem;
  }
  auto ask = [&topics = call.broker().topics, &topic, &parsed] {
    return find_on_core(topics, topic, *parsed);
  };
  auto found = co_await ask_core(call.broker().core, std::move(ask));
  if (!found) co_return co_await explained(call, found.error(), std::move(topic));
  Places places;
  places.topic = found->topic;
  if (const auto* time = std::get_if<engine::WallTime>(&*parsed)) {
    auto positions = co_await place_time(call, *found, *time);
    if (!positions) co_return std::move(positions).problem();
    places.positions = *std::move(positions);
    co_return places;
  }
  if (only)
    std::erase_if(found->offsets,
                  [&](const log::PartitionOffsets& one) { return one.partition != *only; });
  auto positions = log::place(*parsed, found->offsets);
  if (!positions) {
    Problem problem(positions.error());
    problem.param = param;
    co_return problem;
  }
  places.positions = *std::move(positions);
  co_return places;
}

Task<Try<Places>> places_of_cursor(Call& call, std::string topic, std::string cursor) {
  auto ask = [&topics = call.broker().topics, &topic] { return topics.find(topic); };
  auto found = co_await ask_core(call.broker().core, std::move(ask));
  if (!found) co_return co_await explained(call, found.error(), std::move(topic));
  auto positions = read_cursor(*found, cursor);
  if (!positions) co_return std::move(positions).problem();
  Places places;
  places.topic = *std::move(found);
  places.positions = *std::move(positions);
  for (log::PartitionPosition& position : places.positions) position.seeks = 0;
  co_return places;
}

Try<std::vector<log::PartitionPosition>> read_cursor(const log::TopicInfo& topic,
                                                     std::string_view cursor) {
  auto decoded = log::decode_cursor(cursor, topic);
  if (const auto* fault = std::get_if<log::CursorFault>(&decoded)) {
    if (*fault == log::CursorFault::stale) {
      return Problem(ProblemKind::cursor_stale,
                     fmt::format("The topic {} was created anew since.", topic.name), "cursor");
    }
    return Problem(ProblemKind::invalid_cursor, "The cursor does not verify.", "cursor");
  }
  return std::get<log::Cursor>(std::move(decoded)).positions;
}

const log::PartitionPosition* place_in(const std::vector<log::PartitionPosition>& positions,
                                       engine::PartitionId partition) {
  const auto at =
      std::ranges::lower_bound(positions, partition, {}, &log::PartitionPosition::partition);
  return at != positions.end() && at->partition == partition ? &*at : nullptr;
}

Try<> keep_partition(Places& places, engine::PartitionId partition) {
  if (partition.value() >= places.topic.config.partitions) {
    return Problem(ProblemKind::partition_not_found,
                   fmt::format("{} has the partitions 0 to {}.", places.topic.name,
                               places.topic.config.partitions - 1),
                   "partition");
  }
  std::erase_if(places.positions, [&](const log::PartitionPosition& position) {
    return position.partition != partition;
  });
  return {};
}

}  // namespace twofold::http
