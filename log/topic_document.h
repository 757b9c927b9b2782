#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/topics.h"

namespace twofold::log {

/// What the catalog keeps of a topic under "topic/<name>".
struct TopicDefinition {
  std::uint32_t id = 0;     ///< the number of its first log: never used again, like that
  std::vector<LogId> logs;  ///< one per partition, in order
  TopicConfig config;       ///< config.partitions is the number of logs
  WallTime created{0};
};

inline constexpr std::string_view kTopicKeys = "topic/";
inline constexpr std::string_view kQueueKeys = "queue/";

std::string encode_topic(const TopicDefinition& definition);

/// Error: data_damaged.
Result<TopicDefinition> decode_topic(std::string_view document);

}  // namespace twofold::log
