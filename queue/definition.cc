#include "queue/definition.h"

#include "schemas/catalog.pb.h"

namespace twofold::queue {
namespace {

// Numbers on disk: 0 disk, 1 os, 2 memory.
std::uint32_t durability_number(Durability durability) {
  switch (durability) {
    case Durability::disk: return 0;
    case Durability::os: return 1;
    case Durability::memory: return 2;
  }
  __builtin_unreachable();
}

Durability durability_of(std::uint32_t number) {
  if (number == 1) return Durability::os;
  return number == 2 ? Durability::memory : Durability::disk;
}

void write_config(const QueueConfig& config, catalog::Queue& to) {
  to.set_visibility_timeout_ms(config.visibility_timeout.count());
  to.set_delay_ms(config.delay.count());
  to.set_receive_wait_ms(config.receive_wait.count());
  to.set_max_receives(config.max_receives);
  to.set_dead_letter(config.dead_letter);
  if (config.retention) to.set_retention_ms(config.retention->count());
  to.set_durability(durability_number(config.durability));
  to.set_record_bytes_max(config.record_bytes_max);
  to.set_order(static_cast<std::uint32_t>(config.order));
  to.set_dedup_scope(static_cast<std::uint32_t>(config.dedup_scope));
  to.set_dedup_window_ms(config.dedup_window.count());
  to.set_dedup_content(config.dedup_content);
  to.set_backoff_min_ms(config.backoff_min.count());
  to.set_backoff_max_ms(config.backoff_max.count());
  to.set_retain_acked_ms(config.retain_acked.count());
  to.set_paused(config.paused);
  to.set_filter(config.filter);
  to.set_keep_on_disconnect(!config.release_on_disconnect);
}

QueueConfig read_config(const catalog::Queue& from) {
  QueueConfig config;
  config.visibility_timeout = Duration{from.visibility_timeout_ms()};
  config.delay = Duration{from.delay_ms()};
  config.receive_wait = Duration{from.receive_wait_ms()};
  config.max_receives = from.max_receives();
  config.dead_letter = from.dead_letter();
  if (from.has_retention_ms()) config.retention = Duration{from.retention_ms()};
  config.durability = durability_of(from.durability());
  config.record_bytes_max = from.record_bytes_max();
  config.order = from.order() <= 3 ? static_cast<Order>(from.order()) : Order::none;
  config.dedup_scope = from.dedup_scope() == 1 ? DedupScope::group : DedupScope::queue;
  config.dedup_window = Duration{from.dedup_window_ms()};
  config.dedup_content = from.dedup_content();
  config.backoff_min = Duration{from.backoff_min_ms()};
  config.backoff_max = Duration{from.backoff_max_ms()};
  config.retain_acked = Duration{from.retain_acked_ms()};
  config.paused = from.paused();
  config.filter = from.filter();
  config.release_on_disconnect = !from.keep_on_disconnect();
  return config;
}

}  // namespace

std::string encode_definition(const Definition& definition) {
  catalog::Queue out;
  out.set_id(definition.id);
  out.set_created_ms(definition.created.value());
  write_config(definition.config, out);
  out.set_extension(definition.extension);
  if (definition.own_log) out.set_own_log(definition.own_log->value());
  if (definition.source) {
    auto& source = *out.mutable_source();
    source.set_topic(definition.source->topic);
    for (const LogId log : definition.source->logs) source.add_logs(log.value());
    for (const Offset o : definition.source->start_offsets) source.add_start_offsets(o.value());
  }
  return out.SerializeAsString();
}

Result<Definition> decode_definition(std::string_view bytes) {
  const engine::Error damaged(engine::Errc::data_damaged, "a queue's definition does not parse");
  catalog::Queue in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return damaged;
  if (in.has_own_log() == in.has_source()) return damaged;

  Definition definition;
  definition.id = in.id();
  definition.created = WallTime{in.created_ms()};
  definition.config = read_config(in);
  definition.extension = in.extension();
  if (in.has_own_log()) {
    definition.own_log = LogId{in.own_log()};
    return definition;
  }
  const auto& from = in.source();
  if (from.logs_size() == 0 || from.logs_size() != from.start_offsets_size()) return damaged;
  QueueSource source;
  source.topic = from.topic();
  for (const std::uint32_t log : from.logs()) source.logs.push_back(LogId{log});
  for (const std::int64_t o : from.start_offsets()) source.start_offsets.push_back(Offset{o});
  definition.source = std::move(source);
  return definition;
}

}  // namespace twofold::queue
