// A topic's configuration, member by member.
#include <charconv>

#include "http/rest/config_change.h"
#include "http/rest/config_in.h"
#include "http/rest/topic_out.h"
#include "log/topics_limits.h"

namespace twofold::http {
namespace {

using log::Compaction;
using log::TopicConfig;
using TopicConfigChanges = Changes<TopicConfig>;

constexpr engine::Duration kLagMax = std::chrono::hours{24 * 365 * 100};

// A limit: null means without.
template <class T, class Read>
Try<> change_limit(JsonReader& json, TopicConfigChanges& changes,
                   std::optional<T> TopicConfig::*member, Read read) {
  if (took_null(json)) {
    changes.add([member](TopicConfig& config) { (config.*member).reset(); });
    return {};
  }
  auto value = read(json);
  if (!value) return std::move(value).problem();
  changes.add(
      [member, value = static_cast<T>(*value)](TopicConfig& config) { config.*member = value; });
  return {};
}

// {"time":"7d","bytes":"50GiB","count":1000000}; null: as a new topic has it.
Try<> read_retention(JsonReader& json, TopicConfigChanges& changes, const TopicConfig& defaults) {
  if (took_null(json)) {
    changes.add([defaults](TopicConfig& config) {
      config.retention_time = defaults.retention_time;
      config.retention_bytes = defaults.retention_bytes;
      config.retention_records = defaults.retention_records;
    });
    return {};
  }
  static constexpr std::string_view kNames[] = {"time", "bytes", "count"};
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    switch (*member) {
      case 0:
        taken = change_limit(json, changes, &TopicConfig::retention_time, read_duration);
        break;
      case 1: taken = change_limit(json, changes, &TopicConfig::retention_bytes, read_size); break;
      default:
        taken =
            change_limit(json, changes, &TopicConfig::retention_records, number_in(1, INT64_MAX));
        break;
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) {
    problem->param = "retention";
    return *std::move(problem);
  }
  return {};
}

Try<log::Cleanup> read_cleanup(JsonReader& json) {
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  if (const auto cleanup = parse_cleanup(text)) return *cleanup;
  return Problem(ProblemKind::invalid_request, "cleanup is delete, compact or compact,delete.");
}

Try<double> read_ratio(JsonReader& json) {
  const std::string_view text = json.number();
  if (!json.ok()) return json_problem(*json.error());
  double ratio = -1;
  std::from_chars(text.data(), text.data() + text.size(), ratio);
  if (ratio >= 0 && ratio <= 1) return ratio;
  return Problem(ProblemKind::invalid_request, "It must be from 0 to 1.");
}

// One member of the compaction; null: as a new topic has it.
template <class T, class Read>
Try<> change_compaction(JsonReader& json, TopicConfigChanges& changes, T Compaction::*member,
                        const TopicConfig& defaults, Read read) {
  if (took_null(json)) {
    changes.add([member, value = defaults.compaction.*member](TopicConfig& config) {
      config.compaction.*member = value;
    });
    return {};
  }
  auto value = read(json);
  if (!value) return std::move(value).problem();
  changes.add([member, value = static_cast<T>(*value)](TopicConfig& config) {
    config.compaction.*member = value;
  });
  return {};
}

Try<> read_compaction(JsonReader& json, TopicConfigChanges& changes, const TopicConfig& defaults) {
  if (took_null(json)) {
    changes.add([defaults](TopicConfig& config) { config.compaction = defaults.compaction; });
    return {};
  }
  static constexpr std::string_view kNames[] = {"min_lag", "max_lag", "delete_retention",
                                                "min_dirty_ratio"};
  const auto lag = duration_in(engine::Duration{0}, kLagMax);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    switch (*member) {
      case 0: taken = change_compaction(json, changes, &Compaction::min_lag, defaults, lag); break;
      case 1:
        taken = change_compaction(json, changes, &Compaction::max_lag, defaults,
                                  duration_in(engine::Duration{1}, kLagMax));
        break;
      case 2:
        taken = change_compaction(json, changes, &Compaction::delete_retention, defaults, lag);
        break;
      default:
        taken =
            change_compaction(json, changes, &Compaction::min_dirty_ratio, defaults, read_ratio);
        break;
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) {
    problem->param = "compaction";
    return *std::move(problem);
  }
  return {};
}

// {"window":"10m"}, or null.
Try<> read_dedup(JsonReader& json, TopicConfigChanges& changes, const TopicConfig& defaults) {
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
  TopicConfigChanges changes;
  if (call.body.empty()) return TopicChanges{changes.all()};
  static constexpr std::string_view kNames[] = {
      "partitions", "retention",  "durability", "record_bytes_max",
      "cleanup",    "compaction", "dedup",      "name",
      "id",         "etag",       "created",    "records",
      "bytes",      "cleaning",   "dry_run"};
  const TopicConfig& defaults = call.broker().shared.topic_defaults;
  JsonReader json(call.body, call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    switch (*member) {
      case 0:
        taken = change(json, changes, &TopicConfig::partitions, defaults,
                       number_in(1, log::kPartitionsMax));
        break;
      case 1: taken = read_retention(json, changes, defaults); break;
      case 2:
        taken = change(json, changes, &TopicConfig::durability, defaults, read_durability);
        break;
      case 3:
        taken = change(json, changes, &TopicConfig::record_bytes_max, defaults,
                       number_in(1, kRecordBytesMax));
        break;
      case 4: taken = change(json, changes, &TopicConfig::cleanup, defaults, read_cleanup); break;
      case 5: taken = read_compaction(json, changes, defaults); break;
      case 6: taken = read_dedup(json, changes, defaults); break;
      default: json.slice(); break;
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  return TopicChanges{changes.all()};
}

}  // namespace twofold::http
