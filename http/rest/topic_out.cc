#include "http/rest/topic_out.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/rest/record_in.h"
#include "log/compaction.h"

namespace twofold::http {
namespace {

void append_retention(JsonWriter& json, const log::TopicConfig& config) {
  json.name("retention").begin_object().name("time");
  if (config.retention_time) {
    json.string(engine::format_duration(*config.retention_time));
  } else {
    json.null();
  }
  const auto limit = [&json](std::string_view name, const std::optional<std::uint64_t>& most) {
    json.name(name);
    if (most) {
      json.number(*most);
    } else {
      json.null();
    }
  };
  limit("bytes", config.retention_bytes);
  limit("count", config.retention_records);
  json.end_object();
}

void append_compaction(JsonWriter& json, const log::Compaction& compaction) {
  json.name("compaction").begin_object();
  json.name("min_lag").string(engine::format_duration(compaction.min_lag)).name("max_lag");
  if (compaction.max_lag) {
    json.string(engine::format_duration(*compaction.max_lag));
  } else {
    json.null();
  }
  json.name("delete_retention").string(engine::format_duration(compaction.delete_retention));
  json.name("min_dirty_ratio").raw(fmt::format("{}", compaction.min_dirty_ratio)).end_object();
}

// What cleaning has done, over all partitions.
void append_cleaning(JsonWriter& json, const TopicView& view) {
  engine::CleaningStatus sum;
  for (const log::PartitionOffsets& partition : view.partitions) {
    sum.clean_bytes += partition.cleaning.clean_bytes;
    sum.dirty_bytes += partition.cleaning.dirty_bytes;
    sum.cleaned_at = std::max(sum.cleaned_at, partition.cleaning.cleaned_at);
  }
  json.name("cleaning").begin_object();
  json.name("dirty_ratio").raw(fmt::format("{:.2f}", log::dirty_ratio(sum)));
  json.name("clean_bytes").number(sum.clean_bytes).name("dirty_bytes").number(sum.dirty_bytes);
  json.name("last_run");
  if (sum.cleaned_at.value() != 0) {
    json.string(engine::format_time(sum.cleaned_at));
  } else {
    json.null();
  }
  json.end_object();
}

}  // namespace

std::string_view cleanup_text(log::Cleanup cleanup) {
  switch (cleanup) {
    case log::Cleanup::delete_old: return "delete";
    case log::Cleanup::compact: return "compact";
    case log::Cleanup::compact_and_delete: return "compact,delete";
  }
  __builtin_unreachable();
}

std::optional<log::Cleanup> parse_cleanup(std::string_view text) {
  if (text == "delete") return log::Cleanup::delete_old;
  if (text == "compact") return log::Cleanup::compact;
  if (text == "compact,delete" || text == "delete,compact") return log::Cleanup::compact_and_delete;
  return std::nullopt;
}

TopicView view_of(const log::Topics& topics, log::TopicInfo info) {
  TopicView view{std::move(info), {}};
  if (auto offsets = topics.offsets(view.info.name)) view.partitions = *std::move(offsets);
  return view;
}

void append_topic(JsonWriter& json, const TopicView& view, bool dry_run) {
  const log::TopicInfo& info = view.info;
  const log::TopicConfig& config = info.config;
  json.begin_object().name("name").string(info.name);
  if (info.version != 0) json.name("id").string(fmt::format("t_{:x}", info.id));
  json.name("partitions").number(config.partitions);
  append_retention(json, config);
  json.name("cleanup").string(cleanup_text(config.cleanup));
  const bool compacted = config.cleanup != log::Cleanup::delete_old;
  if (compacted) append_compaction(json, config.compaction);
  json.name("durability").string(durability_text(config.durability));
  json.name("record_bytes_max").number(config.record_bytes_max);
  json.name("dedup");
  if (config.dedup_window > engine::Duration{0}) {
    json.begin_object().name("window").string(engine::format_duration(config.dedup_window));
    json.end_object();
  } else {
    json.null();
  }
  json.name("created").string(engine::format_time(info.created));
  if (!view.partitions.empty()) {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    for (const log::PartitionOffsets& partition : view.partitions) {
      records += partition.cleaning.records;
      bytes += partition.status.bytes;
    }
    json.name("records").number(records).name("bytes").number(bytes);
    if (compacted) append_cleaning(json, view);
  }
  if (info.version != 0) json.name("etag").string(fmt::format("{}", info.version));
  if (dry_run) json.name("dry_run").boolean(true);
  json.end_object();
}

}  // namespace twofold::http
