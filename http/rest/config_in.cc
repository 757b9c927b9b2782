#include "http/rest/config_in.h"

#include <charconv>

#include <fmt/format.h>

#include "http/rest/config_change.h"
#include "log/topics_limits.h"

namespace twofold::http {
namespace {

// {"time":"7d","bytes":"50GiB"}: null means without limit.
Try<> read_retention(JsonReader& json, Changes<log::TopicConfig>& changes,
                     const log::TopicConfig& defaults) {
  if (took_null(json)) {
    changes.add([time = defaults.retention_time, bytes = defaults.retention_bytes](auto& config) {
      config.retention_time = time;
      config.retention_bytes = bytes;
    });
    return {};
  }
  static constexpr std::string_view kNames[] = {"time", "bytes"};
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    if (*member == 0) {
      if (took_null(json)) {
        changes.add([](auto& config) { config.retention_time.reset(); });
        continue;
      }
      auto time = read_duration(json);
      if (time) {
        changes.add([value = *time](auto& config) { config.retention_time = value; });
      } else {
        members.refuse(std::move(time).problem());
      }
    } else {
      if (took_null(json)) {
        changes.add([](auto& config) { config.retention_bytes.reset(); });
        continue;
      }
      auto bytes = read_size(json);
      if (bytes) {
        changes.add([value = *bytes](auto& config) { config.retention_bytes = value; });
      } else {
        members.refuse(std::move(bytes).problem());
      }
    }
  }
  if (auto problem = members.problem()) {
    problem->param = "retention";
    return *std::move(problem);
  }
  return {};
}

// {"window":"10m"}, or null.
Try<> read_dedup(JsonReader& json, Changes<log::TopicConfig>& changes,
                 const log::TopicConfig& defaults) {
  if (took_null(json)) {
    changes.add([window = defaults.dedup_window](auto& config) { config.dedup_window = window; });
    return {};
  }
  static constexpr std::string_view kNames[] = {"window"};
  MemberLoop members(json, kNames);
  while (members.next()) {
    auto window = duration_in(engine::Duration{0}, log::kDedupWindowMax)(json);
    if (window) {
      changes.add([value = *window](auto& config) { config.dedup_window = value; });
    } else {
      members.refuse(std::move(window).problem());
    }
  }
  if (auto problem = members.problem()) {
    problem->param = "dedup";
    return *std::move(problem);
  }
  return {};
}

}  // namespace

Try<TopicChanges> read_topic_changes(Call& call) {
  Changes<log::TopicConfig> changes;
  if (call.body.empty()) return TopicChanges{changes.all()};
  static constexpr std::string_view kNames[] = {
      "partitions", "retention", "durability", "record_bytes_max", "dedup", "name",
      "id",         "etag",      "created",    "records",          "bytes"};
  const log::TopicConfig& defaults = call.broker.topic_defaults;
  JsonReader json(call.body, call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    switch (*member) {
      case 0:
        taken = change(json, changes, &log::TopicConfig::partitions, defaults,
                       number_in(1, log::kPartitionsMax));
        break;
      case 1: taken = read_retention(json, changes, defaults); break;
      case 2:
        taken = change(json, changes, &log::TopicConfig::durability, defaults, read_durability);
        break;
      case 3:
        taken = change(json, changes, &log::TopicConfig::record_bytes_max, defaults,
                       number_in(1, kRecordBytesMax));
        break;
      case 4: taken = read_dedup(json, changes, defaults); break;
      default: json.slice(); break;
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  return TopicChanges{changes.all()};
}

Try<Preconditions> read_preconditions(const Call& call) {
  Preconditions wanted;
  const std::string_view none_match = call.head.field("If-None-Match");
  const std::string_view match = call.head.field("If-Match");
  if (!none_match.empty() && none_match != "*") {
    return Problem(ProblemKind::invalid_request, "If-None-Match can be *.", "If-None-Match");
  }
  wanted.create_only = !none_match.empty();
  if (match.empty()) return wanted;
  std::string_view digits = match;
  if (digits.size() > 2 && digits.front() == '"' && digits.back() == '"') {
    digits = digits.substr(1, digits.size() - 2);
  }
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (error != std::errc{} || end != digits.data() + digits.size() || wanted.create_only) {
    return Problem(ProblemKind::invalid_request, "If-Match takes the etag of an earlier answer.",
                   "If-Match");
  }
  wanted.version = version;
  return wanted;
}

}  // namespace twofold::http
