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

}  // namespace

std::string encode_topic(const TopicDefinition& definition) {
  const TopicConfig& config = definition.config;
  catalog::Topic document;
  document.set_id(definition.id);
  document.mutable_logs()->Reserve(config.partitions);
  for (const LogId log : definition.logs) document.add_logs(log.value());
  if (config.retention_time) document.set_retention_ms(config.retention_time->count());
  if (config.retention_bytes) document.set_retention_bytes(*config.retention_bytes);
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
  if (!parsed || document.logs().empty() || !durability) {
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
  config.durability = *durability;
  config.record_bytes_max = document.record_bytes_max();
  config.dedup_window = Duration{document.dedup_window_ms()};
  return definition;
}

}  // namespace twofold::log
