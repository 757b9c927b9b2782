// What of the stored data is damaged, for those who have to replace the device and the data.
#include "http/rest/damage.h"

#include "engine/damage.h"
#include "http/in_turns.h"
#include "http/json_writer.h"
#include "http/log_owners.h"
#include "http/namespaces.h"
#include "http/server_common.h"
#include "http/shown.h"

namespace twofold::http {
namespace {

std::string_view name_of(engine::DamageMet met) {
  switch (met) {
    case engine::DamageMet::start: return "start";
    case engine::DamageMet::read: return "read";
    case engine::DamageMet::scrub: return "scrub";
  }
  __builtin_unreachable();
}

std::vector<engine::LogId> logs_of(const engine::DamageReport& report) {
  std::vector<engine::LogId> logs;
  for (const engine::Damage& one : report.stretches) {
    if (one.log) logs.push_back(*one.log);
  }
  return logs;
}

void append_stretch(JsonWriter& json, const engine::Damage& one, const LogOwner* owner) {
  json.begin_object().name("met").string(name_of(one.met));
  if (owner) {
    const bool is_default = owner->name_space.empty();
    json.name("namespace").string(is_default ? kDefaultNamespace : owner->name_space);
    const bool is_topic = !owner->topic.empty();
    json.name(is_topic ? "topic" : "queue").string(is_topic ? owner->topic : owner->queue);
    json.name("partition").number(owner->partition.value());
  }
  if (one.log) {
    json.name("log").number(one.log->value());
    json.name("from").number(one.from.value()).name("to").number(one.upto.value());
  }
  if (!one.file.empty()) json.name("file").string(one.file);
  if (one.place) json.name("position").number(*one.place);
  if (!one.detail.empty()) json.name("detail").string(shown(one.detail));
  json.end_object();
}

}  // namespace

Task<Try<>> storage_damage(Call& call) {
  const engine::DamageReport report = engine::damage_report();
  LogOwners owners(logs_of(report));
  Broker& home = call.common.broker;
  for (Broker* const broker : every_namespace(home)) {
    auto topics = [&owners, broker] {
      owners.find_topics(*broker);
      return true;
    };
    co_await ask_core_in_turn(home.core, std::move(topics));
    std::string after;
    for (bool more = true; more;) {
      auto queues = [&owners, &after, broker] { return owners.find_queues(*broker, after); };
      more = co_await ask_core_in_turn(home.core, std::move(queues));
    }
  }
  JsonWriter json(call.reply.body);
  json.begin_object().name("complete").boolean(report.complete);
  json.name("items").begin_array();
  for (const engine::Damage& one : report.stretches)
    append_stretch(json, one, one.log ? owners.of(*one.log) : nullptr);
  json.end_array().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
