#include "log/topic_document.h"

#include <optional>

#include "schemas/catalog.pb.h"

namespace twofold::log {
namespace {

// Numbers on disk, so not those of the enum.
std::uint32_t encode_durability(Durability durability) {
  switch (durability) {
    case Durability::disk: return 0;
    case Durability::os: return 1;
    case Durability::memory: return 2;
  }
  __builtin_unreachable();
}

std::optional<Durability> decode_durability(std::uint32_t number) {
  switch (number) {
    case 0: return Durability::disk;
    case 1: return Durability::os;
    case 2: return Durability::memory;
    default: return std::nullopt;
  }
}

std::uint32_t encode_cleanup(Cleanup cleanup) {
  switch (cleanup) {
    case Cleanup::delete_old: return 0;
    case Cleanup::compact: return 1;
    case Cleanup::compact_and_delete: return 2;
  }
  __builtin_unreachable();
}

std::optional<Cleanup> decode_cleanup(std::uint32_t number) {
  switch (number) {
    case 0: return Cleanup::delete_old;
    case 1: return Cleanup::compact;
    case 2: return Cleanup::compact_and_delete;
    default: return std::nullopt;
  }
}

void encode_compaction(const Compaction& compaction, catalog::Topic& document) {
  document.set_min_lag_ms(compaction.min_lag.count());
  if (compaction.max_lag) document.set_max_lag_ms(compaction.max_lag->count());
  document.set_delete_retention_ms(compaction.delete_retention.count());
  document.set_min_dirty_ratio(compaction.min_dirty_ratio);
}

Compaction decode_compaction(const catalog::Topic& document) {
  Compaction compaction;
  compaction.min_lag = Duration{document.min_lag_ms()};
  if (document.has_max_lag_ms()) compaction.max_lag = Duration{document.max_lag_ms()};
  if (document.has_delete_retention_ms())
    compaction.delete_retention = Duration{document.delete_retention_ms()};
  if (document.has_min_dirty_ratio()) compaction.min_dirty_ratio = document.min_dirty_ratio();
  return compaction;
}

}  // namespace

std::string encode_topic(const TopicDefinition& definition) {
  const TopicConfig& config = definition.config;
  catalog::Topic document;
  document.set_id(definition.id);
  document.mutable_logs()->Reserve(config.partitions);
  for (const LogId log : definition.logs) document.add_logs(log.value());
  if (config.retention_time) document.set_retention_ms(config.retention_time->count());
  if (config.retention_bytes) document.set_retention_bytes(*config.retention_bytes);
  if (config.retention_records) document.set_retention_records(*config.retention_records);
  document.set_cleanup(encode_cleanup(config.cleanup));
  encode_compaction(config.compaction, document);
  document.set_durability(encode_durability(config.durability));
  document.set_record_bytes_max(config.record_bytes_max);
  document.set_created_ms(definition.created.value());
  document.set_dedup_window_ms(config.dedup_window.count());
  return document.SerializeAsString();
}

Result<TopicDefinition> decode_topic(std::string_view bytes) {
  catalog::Topic document;
  const bool parsed = document.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  const auto durability = decode_durability(document.durability());
  const auto cleanup = decode_cleanup(document.cleanup());
  if (!parsed || document.logs().empty() || !durability || !cleanup) {
    return engine::Error(engine::Errc::data_damaged, "a topic's definition does not parse");
  }
  TopicDefinition definition;
  definition.id = document.id();
  for (const std::uint32_t log : document.logs()) definition.logs.emplace_back(log);
  definition.created = WallTime{document.created_ms()};
  TopicConfig& config = definition.config;
  config.partitions = document.logs_size();
  config.retention_time.reset();
  if (document.has_retention_ms()) config.retention_time = Duration{document.retention_ms()};
  if (document.has_retention_bytes()) config.retention_bytes = document.retention_bytes();
  if (document.has_retention_records()) config.retention_records = document.retention_records();
  config.cleanup = *cleanup;
  config.compaction = decode_compaction(document);
  config.durability = *durability;
  config.record_bytes_max = document.record_bytes_max();
  config.dedup_window = Duration{document.dedup_window_ms()};
  return definition;
}

}  // namespace twofold::log
