// What a view shows: everything at once, or what is new.
#include <algorithm>

#include "http/inspect/view.h"

namespace twofold::http::inspect {

using engine::Offset;

namespace {

constexpr std::size_t kMessagesMax = 500;  // of the queue, in a snapshot
constexpr std::size_t kMessageBytesMax = 1 << 20;
constexpr std::int64_t kRecentMax = 200;     // records of a partition
constexpr std::int64_t kRecentAllMax = 400;  // ... and of all of them
constexpr std::int64_t kRecentMin = 4;
constexpr std::uint64_t kRecentBytesMax = 2 << 20;
constexpr std::size_t kColdBytesMax = 4 << 20;  // of records that are not in memory any more
constexpr std::size_t kColdPartitionsMax = 64;  // of a wider topic those are shown without

// The newest records that are few enough to be shown, and small enough to be read for it.
Offset recent_from(const engine::LogStatus& status, std::size_t partitions) {
  const std::int64_t kept = engine::distance(status.start, status.visible_end);
  const auto shares = static_cast<std::int64_t>(partitions);
  const std::int64_t least = shares > kRecentAllMax ? 0 : kRecentMin;
  std::int64_t most = std::clamp(kRecentAllMax / shares, least, kRecentMax);
  const std::uint64_t each =
      status.bytes / static_cast<std::uint64_t>(std::max<std::int64_t>(kept, 1));
  if (each > 0) {
    const auto fit = static_cast<std::int64_t>(kRecentBytesMax / partitions / each);
    most = std::min(most, std::max<std::int64_t>(fit, 1));
  }
  return std::max(status.start, Offset{status.visible_end.value() - most});
}

std::vector<Offset> offsets_in(Offset from, Offset upto) {
  std::vector<Offset> offsets;
  for (; from < upto; from = engine::advance(from, 1)) offsets.push_back(from);
  return offsets;
}

}  // namespace

// -- everything ----------------------------------------------------------------------------------

Snapshot View::snapshot() const {
  Snapshot all;
  all.seq = ring_.newest();
  all.counts = ring_.counts();
  all.wall = world_.core.wall();
  all.now = world_.core.now();
  all.topic = topic_part();
  all.queue = queue_part();
  all.groups = group_infos();
  return all;
}

std::optional<Snapshot::Topic> View::topic_part() const {
  auto info = world_.topics.find(spec_.topic);
  auto partitions = world_.topics.offsets(spec_.topic);
  if (!info || !partitions) return std::nullopt;
  Snapshot::Topic topic{*std::move(info), *std::move(partitions), {}};
  for (const log::PartitionOffsets& partition : topic.partitions) {
    const Offset from = recent_from(partition.status, topic.partitions.size());
    want(topic.recent, /*of_queue=*/false, partition.partition.value(),
         offsets_in(from, partition.status.visible_end));
  }
  return topic;
}

std::optional<Snapshot::Queue> View::queue_part() const {
  auto info = world_.queues.find(spec_.queue);
  if (!info) return std::nullopt;
  queue::Browse browse{spec_.queue, std::nullopt, {}, kMessagesMax};
  browse.bytes_max = kMessageBytesMax;
  auto browsed = world_.queues.browse(browse);
  if (!browsed) return std::nullopt;
  Snapshot::Queue queue{*std::move(info), *std::move(browsed), {}, {}, {}};
  std::vector<queue::MessageId> messages;
  for (const queue::BrowseItem& item : queue.browsed.items)
    messages.push_back({item.partition, item.offset});
  queue.holders = world_.queues.holders(spec_.queue, messages);
  if (queue.info.own_log) {
    queue.logs.push_back(world_.core.status(*queue.info.own_log));
    queue.recent.emplace();
    want(*queue.recent, /*of_queue=*/true, 0,
         offsets_in(recent_from(queue.logs[0], 1), queue.logs[0].visible_end));
  } else {
    for (const engine::LogId log : queue.info.source->logs)
      queue.logs.push_back(world_.core.status(log));
  }
  return queue;
}

std::vector<std::optional<log::GroupInfo>> View::group_infos() const {
  std::vector<std::optional<log::GroupInfo>> infos;
  for (const std::string& group : spec_.groups) {
    auto info = world_.groups.find(group);
    infos.push_back(info ? std::optional(*std::move(info)) : std::nullopt);
  }
  return infos;
}

// -- what is new ---------------------------------------------------------------------------------

Pulled View::pull(std::uint64_t after, std::size_t max, bool skip) const {
  Pulled pulled;
  pulled.upto = after;
  pulled.newest = ring_.newest();
  pulled.wall = world_.core.wall();
  if (!ring_.has_all_after(after)) {
    pulled.needs_snapshot = pulled.forgotten = true;
    return pulled;
  }
  while (pulled.upto < pulled.newest) {
    const Event& next = ring_.at(pulled.upto + 1);
    if (next.type == EventType::resync) {
      pulled.needs_snapshot = pulled.upto == after;
      break;
    }
    if (pulled.events.size() < max) {
      pulled.events.push_back(next);
    } else if (!skip) {
      break;
    }
    ++pulled.upto;
  }
  pulled.counts = ring_.counts_upto(pulled.upto);
  want_appended(pulled);
  if (pulled.upto - after > pulled.events.size()) pulled.totals = totals();
  return pulled;
}

Totals View::totals() const {
  Totals totals;
  if (const auto queue = world_.queues.view(spec_.queue)) totals.queue = queue->counters;
  if (auto partitions = world_.topics.offsets(spec_.topic))
    totals.partitions = *std::move(partitions);
  totals.groups = group_infos();
  return totals;
}

// Mostly all of them follow each other, and are in memory still.
void View::want_appended(Pulled& pulled) const {
  std::map<std::pair<bool, std::int32_t>, std::vector<Offset>> by_log;
  for (const Event& event : pulled.events)
    if (event.type == EventType::appended)
      by_log[{event.of_queue, event.partition}].push_back(event.offset);
  for (auto& [log, offsets] : by_log)
    want(log.first ? pulled.sent : pulled.appended, log.first, log.second, std::move(offsets));
}

void View::want(WantedRecords& wanted, bool of_queue, std::int32_t partition,
                std::vector<Offset> offsets) const {
  const auto at = static_cast<std::size_t>(partition);
  if (of_queue ? !own_log_ : at >= topic_logs_.size()) return;
  const engine::LogId log = of_queue ? *own_log_ : topic_logs_[at];
  const Offset start = world_.core.status(log).start;
  std::erase_if(offsets, [start](Offset o) { return o < start; });
  if (offsets.empty()) return;
  engine::ReadPlan plan = world_.core.plan_offsets(log, offsets);
  if (!plan.in_memory()) {
    const std::size_t partitions = of_queue ? 1 : topic_logs_.size();
    if (partitions > kColdPartitionsMax) return;
    plan = world_.core.plan_read(log, offsets.front(), kColdBytesMax / partitions);
  }
  wanted.plans.push_back(std::move(plan));
  const engine::PartitionId id{partition};
  wanted.plan_partitions.push_back(id);
  for (const Offset o : offsets) wanted.places.push_back({id, o});
}

}  // namespace twofold::http::inspect
