// Who reads a topic: its queues and groups, and how far behind each is.
#include "http/json_writer.h"
#include "http/rest/handlers.h"
#include "http/rest/not_found.h"
#include "http/rest/queue_out.h"

namespace twofold::http {
namespace {

constexpr std::size_t kGroupsMax = 10'000;

struct Reader {
  std::string name;
  std::int64_t lag;
};
struct Consumers {
  std::vector<queue::QueueInfo> queues;
  std::vector<Reader> groups;
};

// Without a commit a partition counts from its start.
std::optional<std::int64_t> group_lag(const log::GroupInfo& group, const std::string& topic,
                                      const std::vector<log::PartitionOffsets>& offsets) {
  bool reads = false;
  std::int64_t lag = 0;
  for (const log::PartitionOffsets& partition : offsets) {
    engine::Offset at = partition.status.start;
    for (const log::CommittedOffset& committed : group.offsets) {
      if (committed.topic != topic || committed.partition != partition.partition) continue;
      at = std::max(at, committed.offset);
      reads = true;
    }
    lag += std::max<std::int64_t>(0, engine::distance(at, partition.status.visible_end));
  }
  if (!reads) return std::nullopt;
  return lag;
}

engine::Result<Consumers> look(const Broker& broker, const std::string& topic) {
  const auto offsets = broker.topics.offsets(topic);
  if (!offsets) return offsets.error();
  Consumers consumers;
  for (const std::string& queue : broker.queues.reading(topic)) {
    if (auto info = broker.queues.find(queue)) consumers.queues.push_back(*std::move(info));
  }
  for (const log::GroupInfo& group : broker.groups.list("", kGroupsMax)) {
    if (const auto lag = group_lag(group, topic, *offsets)) {
      consumers.groups.push_back({group.name, *lag});
    }
  }
  return consumers;
}

}  // namespace

Task<Try<>> topic_consumers(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  auto ask = [&broker = call.broker, &topic] { return look(broker, *topic); };
  const auto consumers = co_await ask_core(call.broker.core, std::move(ask));
  if (!consumers) co_return co_await explained(call, consumers.error(), *topic);
  JsonWriter json(call.reply.body);
  json.begin_object().name("topic").string(*topic).name("queues").begin_array();
  for (const queue::QueueInfo& queue : consumers->queues) {
    const queue::QueueCounters& c = queue.counters;
    json.begin_object().name("name").string(queue.name).name("lag").begin_object();
    json.name("count").number(c.ready + c.in_flight + c.delayed + c.blocked);
    json.name("bytes").number(queue.backlog_bytes).end_object().name("messages");
    append_counters(json, c);
    json.end_object();
  }
  json.end_array().name("groups").begin_array();
  for (const Reader& group : consumers->groups) {
    json.begin_object().name("name").string(group.name).name("lag").begin_object();
    json.name("count").number(group.lag).end_object().end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
