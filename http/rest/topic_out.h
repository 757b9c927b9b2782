#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "http/json_writer.h"
#include "log/topics.h"

namespace twofold::http {

/// A topic and how much it holds; without the latter for one that was just removed.
struct TopicView {
  log::TopicInfo info;
  std::vector<log::PartitionOffsets> partitions;
};

/// On the core.
TopicView view_of(const log::Topics& topics, log::TopicInfo info);

/// A topic as GET shows it; with `dry_run` as it would be: a new one has no id and no etag yet.
void append_topic(JsonWriter& json, const TopicView& view, bool dry_run = false);

std::string_view cleanup_text(log::Cleanup cleanup);
std::optional<log::Cleanup> parse_cleanup(std::string_view text);

}  // namespace twofold::http
