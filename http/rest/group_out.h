#pragma once

#include <vector>

#include "http/json_writer.h"
#include "http/rest/page.h"
#include "http/rest/position_in.h"
#include "log/groups.h"

namespace twofold::http {

/// What retention took before the group came by, or damage: said, never passed over in silence.
struct Gap {
  std::string topic;
  engine::PartitionId partition;
  engine::Offset from;
  engine::Offset to;
};
void note_gaps(const Places& places, const log::Readable& readable, std::vector<Gap>& gaps);
/// "gaps":[..], when there are any.
void append_gaps(JsonWriter& json, const std::vector<Gap>& gaps);

/// {"orders":[0,3]}; `list` has name and partition of each, a topic's together.
struct TopicPartition {
  std::string_view topic;
  std::int32_t partition;
};
void append_partitions(JsonWriter& json, const std::vector<TopicPartition>& list);

/// {"orders":{"2":42}} of offsets, which are sorted for it.
void append_offsets(JsonWriter& json, std::vector<log::CommittedOffset> offsets);

/// The broker's time as people write it.
std::string wall_text(const engine::Clock& clock, engine::Instant at);

}  // namespace twofold::http
