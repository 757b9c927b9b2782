// Groups: list, look, delete.
#include <map>

#include <fmt/format.h>

#include "http/json_writer.h"
#include "http/rest/handlers.h"
#include "http/rest/listing.h"
#include "http/rest/not_found.h"

namespace twofold::http {
namespace {

struct PartitionLag {
  log::CommittedOffset committed;
  engine::Offset end;
  std::int64_t lag;
};
struct GroupView {
  std::string name;
  std::vector<PartitionLag> partitions;  // by topic, then partition
};

// On the core. What was committed before what is kept counts from the oldest record.
GroupView view_of(const log::Topics& topics, const log::GroupInfo& info) {
  GroupView view{info.name, {}};
  std::map<std::string, std::vector<log::PartitionOffsets>> known;
  for (const log::CommittedOffset& committed : info.offsets) {
    if (!known.contains(committed.topic)) {
      auto offsets = topics.offsets(committed.topic);
      if (offsets) known[committed.topic] = *std::move(offsets);
    }
    for (const log::PartitionOffsets& partition : known[committed.topic]) {
      if (partition.partition != committed.partition) continue;
      const engine::Offset at = std::max(committed.offset, partition.status.start);
      const engine::Offset end = partition.status.visible_end;
      view.partitions.push_back(
          {committed, end, std::max<std::int64_t>(0, engine::distance(at, end))});
    }
  }
  return view;
}

void append_summary(JsonWriter& json, const GroupView& view) {
  json.name("name").string(view.name).name("topics").begin_array();
  std::int64_t lag = 0;
  const std::string* last = nullptr;
  for (const PartitionLag& partition : view.partitions) {
    lag += partition.lag;
    if (last && *last == partition.committed.topic) continue;
    last = &partition.committed.topic;
    json.string(*last);
  }
  json.end_array().name("members").begin_array().end_array();
  json.name("lag").begin_object().name("count").number(lag).end_object();
}

void append_offsets(JsonWriter& json, const GroupView& view) {
  json.name("offsets").begin_object();
  const std::string* topic = nullptr;
  for (const PartitionLag& partition : view.partitions) {
    if (!topic || *topic != partition.committed.topic) {
      if (topic) json.end_object();
      topic = &partition.committed.topic;
      json.name(*topic).begin_object();
    }
    json.name(fmt::format("{}", partition.committed.partition.value())).begin_object();
    json.name("committed").number(partition.committed.offset.value());
    json.name("end").number(partition.end.value());
    json.name("lag").number(partition.lag).end_object();
  }
  if (topic) json.end_object();
  json.end_object();
}

}  // namespace

Task<Try<>> list_groups(Call& call) {
  auto query = parse_list_query(call);
  if (!query) co_return std::move(query).problem();
  auto ask = [&broker = call.broker, &query] {
    std::vector<GroupView> views;
    for (const auto& info : broker.groups.list(query->after, query->limit + 1)) {
      views.push_back(view_of(broker.topics, info));
    }
    return views;
  };
  std::vector<GroupView> views = co_await ask_core(call.broker.core, std::move(ask));
  std::optional<std::string> last;
  if (views.size() > query->limit) {
    views.pop_back();
    last = views.back().name;
  }
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const GroupView& view : views) {
    json.begin_object();
    append_summary(json, view);
    json.end_object();
  }
  end_list(call, json, last);
  co_return Try<>();
}

Task<Try<>> get_group(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto ask = [&broker = call.broker, &name]() -> engine::Result<GroupView> {
    const auto found = broker.groups.find(*name);
    if (!found) return found.error();
    return view_of(broker.topics, *found);
  };
  const auto view = co_await ask_core(call.broker.core, std::move(ask));
  if (!view) co_return co_await explained(call, view.error(), *name);
  JsonWriter json(call.reply.body);
  json.begin_object();
  append_summary(json, *view);
  append_offsets(json, *view);
  json.end_object();
  co_return Try<>();
}

Task<Try<>> delete_group(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto start = [&groups = call.broker.groups,
                &name](engine::Completion<engine::Durability> done) {
    groups.remove(*name, std::move(done));
  };
  auto removed = co_await on_core<engine::Durability>(call.broker.core, std::move(start));
  if (!removed) co_return co_await explained(call, removed.error(), *name);
  JsonWriter json(call.reply.body);
  json.begin_object().name("name").string(*name).name("deleted").boolean(true).end_object();
  co_return Try<>();
}

}  // namespace twofold::http
