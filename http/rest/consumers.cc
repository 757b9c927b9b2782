// Who reads a topic: its queues and groups, and how far behind each is, on one scale.
#include "http/json_writer.h"
#include "http/permit.h"
#include "http/rest/handlers.h"
#include "http/rest/lag_out.h"
#include "http/rest/not_found.h"
#include "http/rest/queue_out.h"

namespace twofold::http {
namespace {

constexpr std::size_t kGroupsPerTurn = 500;

struct GroupReader {
  std::string name;
  log::GroupState state;
  std::size_t members;
  log::Lag lag;
};
struct QueueReader {
  queue::QueueInfo info;
  log::Lag lag;
};
struct GroupsFound {
  std::vector<GroupReader> readers;
  std::optional<std::string> after;  // there may be more
};

engine::Result<std::vector<QueueReader>> queues_of(const Broker& broker, const std::string& topic) {
  if (const auto found = broker.topics.find(topic); !found) return found.error();
  std::vector<QueueReader> readers;
  for (const std::string& queue : broker.queues.reading(topic)) {
    auto info = broker.queues.find(queue);
    if (!info) continue;
    const queue::QueueCounters& c = info->counters;
    log::Lag lag;
    lag.count = static_cast<std::int64_t>(c.ready + c.in_flight + c.delayed + c.blocked);
    lag.bytes = info->backlog_bytes;
    if (lag.count > 0) lag.oldest = info->backlog_oldest;
    readers.push_back({*std::move(info), lag});
  }
  return readers;
}

bool reads(const log::GroupInfo& group, const std::string& topic) {
  for (const log::CommittedOffset& offset : group.offsets) {
    if (offset.topic == topic) return true;
  }
  for (const log::GroupMember& member : group.members) {
    for (const std::string& one : member.topics) {
      if (one == topic) return true;
    }
  }
  return false;
}

// A piece of all groups, so that a turn of the core stays short.
GroupsFound groups_of(const Broker& broker, const std::string& topic, const std::string& after) {
  GroupsFound found;
  const auto groups = broker.groups.list(after, kGroupsPerTurn);
  for (const log::GroupInfo& group : groups) {
    if (!reads(group, topic)) continue;
    found.readers.push_back(
        {group.name, group.state, group.members.size(), broker.groups.lag(group.name, topic)});
  }
  if (groups.size() == kGroupsPerTurn) found.after = groups.back().name;
  return found;
}

void append_queue(JsonWriter& json, const QueueReader& reader, engine::WallTime now) {
  json.begin_object().name("name").string(reader.info.name);
  append_lag(json, reader.lag, now);
  json.name("messages");
  append_counters(json, reader.info.counters);
  json.end_object();
}

void append_group(JsonWriter& json, const GroupReader& reader, engine::WallTime now) {
  json.begin_object().name("name").string(reader.name);
  json.name("state").string(log::state_name(reader.state));
  json.name("members").number(reader.members);
  append_lag(json, reader.lag, now);
  json.end_object();
}

}  // namespace

Task<Try<>> topic_consumers(Call& call) {
  auto topic = call.name(0);
  if (!topic) co_return std::move(topic).problem();
  auto ask = [&broker = call.broker(), &topic] { return queues_of(broker, *topic); };
  const auto queues = co_await ask_core(call.broker().core, std::move(ask));
  if (!queues) co_return co_await explained(call, queues.error(), *topic);
  const engine::WallTime now = call.broker().clock.wall();
  JsonWriter json(call.reply.body);
  json.begin_object().name("topic").string(*topic).name("queues").begin_array();
  for (const QueueReader& reader : *queues) {
    if (may_inspect(call, access::queue(reader.info.name))) append_queue(json, reader, now);
  }
  json.end_array().name("groups").begin_array();
  std::optional<std::string> after = "";
  while (after) {
    auto look = [&broker = call.broker(), &topic, &after] {
      return groups_of(broker, *topic, *after);
    };
    GroupsFound found = co_await ask_core(call.broker().core, std::move(look));
    for (const GroupReader& reader : found.readers) {
      if (may_inspect(call, access::group(reader.name))) append_group(json, reader, now);
    }
    after = std::move(found.after);
  }
  json.end_array().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
