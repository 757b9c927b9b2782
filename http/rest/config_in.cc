#include "http/rest/config_in.h"

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "http/rest/json_request.h"
#include "http/rest/receive_in.h"
#include "http/rest/record_in.h"
#include "log/topics_limits.h"

namespace twofold::http {
namespace {

constexpr std::int64_t kRecordBytesMax = 64 << 20;
// The same limits as the configuration has for the defaults.
constexpr engine::Duration kDelayMax = std::chrono::hours{24 * 365};
constexpr engine::Duration kReceiveWaitMax = std::chrono::seconds{60};
constexpr engine::Duration kRetentionMax = std::chrono::hours{24 * 365 * 100};

/// Gathers changes as they are read; the whole is one function.
template <class Config>
class Changes {
 public:
  void add(std::function<void(Config&)> change) { changes_.push_back(std::move(change)); }
  std::function<void(Config&)> all() {
    return [changes = std::move(changes_)](Config& config) {
      for (const auto& change : changes) change(config);
    };
  }

 private:
  std::vector<std::function<void(Config&)>> changes_;
};

bool took_null(JsonReader& json) {
  if (json.peek() != JsonType::null) return false;
  json.null();
  return true;
}

// A member whose value is `null` in a merge patch goes back to the default.
template <class Config, class T, class Read>
Try<> change(JsonReader& json, Changes<Config>& changes, T Config::*member, const Config& defaults,
             Read read) {
  if (took_null(json)) {
    changes.add([member, value = defaults.*member](Config& config) { config.*member = value; });
    return {};
  }
  auto value = read(json);
  if (!value) return std::move(value).problem();
  changes.add([member, value = *std::move(value)](Config& config) {
    config.*member = static_cast<T>(value);
  });
  return {};
}

Try<engine::Durability> read_durability(JsonReader& json) {
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  return parse_durability(text);
}

auto number_in(std::int64_t least, std::int64_t most) {
  return [least, most](JsonReader& json) { return read_number(json, least, most); };
}

auto duration_in(engine::Duration least, engine::Duration most) {
  return [least, most](JsonReader& json) -> Try<engine::Duration> {
    auto value = read_duration(json);
    if (!value || (*value >= least && *value <= most)) return value;
    return Problem(ProblemKind::invalid_duration,
                   fmt::format("It must be from {} to {}.", engine::format_duration(least),
                               engine::format_duration(most)));
  };
}

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

Try<> read_source(JsonReader& json, QueueChanges& changes) {
  if (took_null(json)) return {};
  static constexpr std::string_view kNames[] = {"topic", "from", "filter", "partitions"};
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    switch (*member) {
      case 0: changes.source_topic = json.string(); break;
      case 1:
        changes.source_from = json.peek() == JsonType::number ? json.number() : json.string();
        break;
      case 2:
        members.refuse({ProblemKind::invalid_request, "Filters are not available in this version."});
        break;
      default: json.slice(); break;  // of an answer: where delivery began
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!changes.source_topic || !is_name(*changes.source_topic)) {
    return Problem(ProblemKind::invalid_request, "A source names a topic.", "source.topic");
  }
  return {};
}

// "retry", "retain_acked" and orders other than none come with later versions.
Try<> read_order(JsonReader& json) {
  const std::string_view order = json.string();
  if (!json.ok()) return json_problem(*json.error());
  if (order == "none") return {};
  return Problem(ProblemKind::invalid_request,
                 "The only order of delivery in this version is none.");
}

}  // namespace

Try<TopicChanges> read_topic_changes(Call& call) {
  Changes<log::TopicConfig> changes;
  if (call.body.empty()) return TopicChanges{changes.all()};
  static constexpr std::string_view kNames[] = {"partitions", "retention", "durability",
                                                "record_bytes_max", "name", "id", "etag", "created",
                                                "records", "bytes"};
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
      default: json.slice(); break;
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  return TopicChanges{changes.all()};
}

Try<QueueChanges> read_queue_changes(Call& call) {
  using queue::QueueConfig;
  QueueChanges result;
  Changes<QueueConfig> changes;
  enum : std::size_t { kVisibility, kDelay, kWait, kReceives, kDeadLetter, kRetention, kDurability,
                       kRecordBytes, kSource, kOrder, kRetry, kRetainAcked };
  static constexpr std::string_view kNames[] = {
      "visibility_timeout", "delay", "receive_wait", "max_receives", "dead_letter", "retention",
      "durability", "record_bytes_max", "source", "order", "retry", "retain_acked",
      // of answers
      "name", "id", "etag", "created", "messages", "backlog"};
  const QueueConfig& defaults = call.broker.queue_defaults;
  JsonReader json(call.body.empty() ? std::string_view("{}") : call.body, call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    switch (*member) {
      case kVisibility:
        taken = change(json, changes, &QueueConfig::visibility_timeout, defaults,
                       duration_in(engine::Duration{0}, kVisibilityMax));
        break;
      case kDelay:
        taken = change(json, changes, &QueueConfig::delay, defaults,
                       duration_in(engine::Duration{0}, kDelayMax));
        break;
      case kWait:
        taken = change(json, changes, &QueueConfig::receive_wait, defaults,
                       duration_in(engine::Duration{0}, kReceiveWaitMax));
        break;
      case kReceives:
        taken = change(json, changes, &QueueConfig::max_receives, defaults, number_in(0, 1'000'000));
        break;
      case kDeadLetter:
        taken = change(json, changes, &QueueConfig::dead_letter, defaults,
                       [](JsonReader& j) { return Try<std::string>(std::string(j.string())); });
        break;
      case kRetention:
        taken = change(json, changes, &QueueConfig::retention, defaults,
                       duration_in(engine::Duration{1}, kRetentionMax));
        break;
      case kDurability:
        taken = change(json, changes, &QueueConfig::durability, defaults, read_durability);
        break;
      case kRecordBytes:
        taken = change(json, changes, &QueueConfig::record_bytes_max, defaults,
                       number_in(1, kRecordBytesMax));
        break;
      case kSource: taken = read_source(json, result); break;
      case kOrder: taken = read_order(json); break;
      case kRetry:
      case kRetainAcked:
        taken = Problem(ProblemKind::invalid_request,
                        fmt::format("{} is not available in this version.", kNames[*member]));
        break;
      default: json.slice(); break;
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  result.apply = changes.all();
  return result;
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
