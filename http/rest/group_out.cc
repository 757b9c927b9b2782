#include "http/rest/group_out.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "engine/base/time_text.h"

namespace twofold::http {

void note_gaps(const Places& places, const log::Readable& readable, std::vector<Gap>& gaps) {
  for (std::size_t i = 0; i < readable.partitions.size(); ++i) {
    const engine::Offset asked = places.positions[i].offset;
    const log::ReadablePartition& partition = readable.partitions[i];
    if (partition.from > asked) {
      gaps.push_back({places.topic.name, partition.partition, asked, partition.from});
    }
  }
}

void append_gaps(JsonWriter& json, const std::vector<Gap>& gaps) {
  if (gaps.empty()) return;
  json.name("gaps").begin_array();
  for (const Gap& gap : gaps) {
    json.begin_object().name("topic").string(gap.topic);
    json.name("partition").number(gap.partition.value());
    json.name("from").number(gap.from.value()).name("to").number(gap.to.value()).end_object();
  }
  json.end_array();
}

void append_partitions(JsonWriter& json, const std::vector<TopicPartition>& list) {
  json.begin_object();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i == 0 || list[i].topic != list[i - 1].topic) json.name(list[i].topic).begin_array();
    json.number(list[i].partition);
    if (i + 1 == list.size() || list[i + 1].topic != list[i].topic) json.end_array();
  }
  json.end_object();
}

void append_offsets(JsonWriter& json, std::vector<log::CommittedOffset> offsets) {
  std::sort(offsets.begin(), offsets.end(), [](const auto& a, const auto& b) {
    return std::tie(a.topic, a.partition) < std::tie(b.topic, b.partition);
  });
  json.begin_object();
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (i == 0 || offsets[i].topic != offsets[i - 1].topic) {
      json.name(offsets[i].topic).begin_object();
    }
    json.name(fmt::format("{}", offsets[i].partition.value())).number(offsets[i].offset.value());
    if (i + 1 == offsets.size() || offsets[i + 1].topic != offsets[i].topic) json.end_object();
  }
  json.end_object();
}

std::string wall_text(const engine::Clock& clock, engine::Instant at) {
  return engine::format_time(clock.wall() + (at - clock.now()));
}

}  // namespace twofold::http
