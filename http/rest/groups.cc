// Groups: list, look, delete.
#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "http/json_writer.h"
#include "http/rest/group_out.h"
#include "http/rest/handlers.h"
#include "http/rest/lag_out.h"
#include "http/rest/listing.h"
#include "http/rest/not_found.h"
#include "http/shown.h"

namespace twofold::http {
namespace {

struct PartitionLag {
  log::CommittedOffset committed;
  engine::Offset end;
  log::Lag lag;
};
struct GroupView {
  log::GroupInfo info;
  std::vector<PartitionLag> partitions;  // by topic, then partition
  log::Lag lag;
};

// On the core. What was committed before what is kept counts from the oldest record.
GroupView view_of(const Broker& broker, log::GroupInfo info) {
  GroupView view{std::move(info), {}, {}};
  for (const log::CommittedOffset& committed : view.info.offsets) {
    const auto ref = broker.topics.resolve(committed.topic);
    if (!ref) continue;
    const auto at = static_cast<std::size_t>(committed.partition.value());
    const engine::Offset end = broker.core.status((*ref->logs)[at]).visible_end;
    const log::Lag lag = broker.groups.lag(committed.topic, committed.partition, committed.offset);
    view.lag.add(lag);
    view.partitions.push_back({committed, end, lag});
  }
  return view;
}

std::string_view kind_name(log::GroupKind kind) {
  switch (kind) {
    case log::GroupKind::none: return "none";
    case log::GroupKind::classic: return "classic";
    case log::GroupKind::broker: return "broker";
  }
  __builtin_unreachable();
}

void append_held(JsonWriter& json, const std::vector<log::HeldPartition>& held) {
  std::vector<TopicPartition> list;
  for (const auto& one : held) list.push_back({one.topic, one.key.partition.value()});
  append_partitions(json, list);
}

void append_member(JsonWriter& json, const log::GroupMember& member, log::GroupKind kind,
                   const engine::Clock& clock) {
  json.begin_object().name("member").string(member.id);
  json.name("client").string(shown(member.client));
  if (kind == log::GroupKind::classic) {
    json.name("host").string(member.host);
    if (member.instance_id) json.name("instance").string(*member.instance_id);
    json.end_object();
    return;
  }
  json.name("topics").begin_array();
  for (const std::string& topic : member.topics) json.string(topic);
  json.end_array().name("assigned");
  append_held(json, member.assigned);
  if (!member.revoking.empty()) {
    std::vector<TopicPartition> list;
    for (const auto& one : member.revoking) list.push_back({one.topic, one.key.partition.value()});
    json.name("revoked");
    append_partitions(json, list);
    json.name("commit_by").string(wall_text(clock, member.revoking.front().commit_by));
  }
  json.name("session").string(engine::format_duration(member.session));
  json.name("waiting").boolean(member.attached);
  json.name("last_seen").string(wall_text(clock, member.attached ? clock.now() : member.heard));
  json.end_object();
}

void append_summary(JsonWriter& json, const Broker& broker, const GroupView& view) {
  const log::GroupInfo& info = view.info;
  json.name("name").string(info.name).name("state").string(log::state_name(info.state));
  json.name("type").string(kind_name(info.kind));
  if (info.kind != log::GroupKind::none) {
    json.name("generation").number(info.generation);
    json.name("assignor").string(info.protocol);
  }
  json.name("topics").begin_array();
  const std::string* last = nullptr;
  for (const PartitionLag& partition : view.partitions) {
    if (last && *last == partition.committed.topic) continue;
    last = &partition.committed.topic;
    json.string(*last);
  }
  json.end_array().name("members").begin_array();
  for (const log::GroupMember& member : info.members) {
    append_member(json, member, info.kind, broker.clock);
  }
  json.end_array();
  append_lag(json, view.lag, broker.clock.wall());
}

void append_places(JsonWriter& json, const GroupView& view, engine::WallTime now) {
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
    append_lag(json, partition.lag, now);
    json.end_object();
  }
  if (topic) json.end_object();
  json.end_object();
}

}  // namespace

Task<Try<>> list_groups(Call& call) {
  auto query = parse_list_query(call);
  if (!query) co_return std::move(query).problem();
  auto list = [&groups = call.broker().groups](const std::string& after, std::size_t most) {
    return groups.list(after, most);
  };
  auto page = co_await list_visible(call, access::Kind::group, *std::move(query), std::move(list));
  auto ask = [&broker = call.broker(), &page] {
    std::vector<GroupView> views;
    for (auto& info : page.infos) views.push_back(view_of(broker, std::move(info)));
    return views;
  };
  const std::vector<GroupView> views = co_await ask_core(call.broker().core, std::move(ask));
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const GroupView& view : views) {
    json.begin_object();
    append_summary(json, call.broker(), view);
    json.end_object();
  }
  end_list(call, json, page.last);
  co_return Try<>();
}

Task<Try<>> get_group(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto ask = [&broker = call.broker(), &name]() -> engine::Result<GroupView> {
    auto found = broker.groups.find(*name);
    if (!found) return found.error();
    return view_of(broker, *std::move(found));
  };
  const auto view = co_await ask_core(call.broker().core, std::move(ask));
  if (!view) co_return co_await explained(call, view.error(), *name);
  JsonWriter json(call.reply.body);
  json.begin_object();
  append_summary(json, call.broker(), *view);
  append_places(json, *view, call.broker().clock.wall());
  json.end_object();
  co_return Try<>();
}

Task<Try<>> delete_group(Call& call) {
  auto name = call.name(0);
  if (!name) co_return std::move(name).problem();
  auto start = [&groups = call.broker().groups,
                &name](engine::Completion<engine::Durability> done) {
    groups.remove(*name, std::move(done));
  };
  auto removed = co_await on_core<engine::Durability>(call.broker().core, std::move(start));
  if (!removed) co_return co_await explained(call, removed.error(), *name);
  JsonWriter json(call.reply.body);
  json.begin_object().name("name").string(*name).name("deleted").boolean(true).end_object();
  co_return Try<>();
}

}  // namespace twofold::http
