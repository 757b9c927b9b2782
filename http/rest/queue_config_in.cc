// A queue's configuration, member by member.
#include <array>

#include "http/rest/config_change.h"
#include "http/rest/config_in.h"
#include "http/rest/queue_out.h"
#include "http/rest/receive_in.h"

namespace twofold::http {
namespace {

using queue::QueueConfig;
using QueueConfigChanges = Changes<QueueConfig>;

// The same limits as the configuration has for the defaults.
constexpr engine::Duration kDelayMax = engine::kDurationMax;
constexpr engine::Duration kReceiveWaitMax = std::chrono::seconds{60};
constexpr engine::Duration kRetentionMax = std::chrono::hours{24 * 365 * 100};
constexpr engine::Duration kDedupWindowMax = std::chrono::hours{24};
// What an exponential backoff is when its request does not say.
constexpr engine::Duration kBackoffMin = std::chrono::seconds{1};
constexpr engine::Duration kBackoffMax = std::chrono::minutes{5};

Try<> read_source(JsonReader& json, QueueChanges& changes, QueueConfigChanges& config) {
  if (took_null(json)) return {};
  static constexpr std::string_view kNames[] = {"topic", "from", "filter", "partitions"};
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    switch (*member) {
      case 0: changes.source_topic = json.string(); break;
      case 1:
        changes.source_from = json.peek() == JsonType::number ? json.number() : json.string();
        break;
      case 2: {
        if (took_null(json)) break;
        config.add([filter = std::string(json.string())](auto& to) { to.filter = filter; });
        break;
      }
      default: json.slice(); break;  // of an answer: where delivery began
    }
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!changes.source_topic || !is_name(*changes.source_topic)) {
    return Problem(ProblemKind::invalid_request, "A source names a topic.", "source.topic");
  }
  return {};
}

Try<queue::Order> read_order(JsonReader& json) {
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  if (const auto order = parse_order(text)) return *order;
  return Problem(ProblemKind::invalid_request, "order is none, fair, key or strict.");
}

// {"backoff":"exponential","min":"1s","max":"5m"}; null: none.
Try<> read_retry(JsonReader& json, QueueConfigChanges& changes, const QueueConfig& defaults) {
  if (took_null(json)) {
    changes.add([min = defaults.backoff_min, max = defaults.backoff_max](QueueConfig& config) {
      config.backoff_min = min;
      config.backoff_max = max;
    });
    return {};
  }
  static constexpr std::string_view kNames[] = {"backoff", "min", "max"};
  std::string_view backoff = "exponential";
  std::array<std::optional<engine::Duration>, 2> bounds;
  const auto bound = duration_in(engine::Duration{1}, kVisibilityMax);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    if (*member == 0) {
      backoff = json.string();
      continue;
    }
    auto duration = bound(json);
    if (duration) {
      bounds[*member - 1] = *duration;
    } else {
      members.refuse(std::move(duration).problem());
    }
  }
  if (auto problem = members.problem()) {
    problem->param = problem->param.empty() ? "retry" : "retry." + problem->param;
    return *std::move(problem);
  }
  const bool none = backoff == "none" && !bounds[0] && !bounds[1];
  if (!none && backoff != "exponential") {
    return Problem(ProblemKind::invalid_request,
                   "backoff is exponential, with min and max, or none, without.", "retry.backoff");
  }
  changes.add([none, bounds](QueueConfig& config) {
    if (none) {
      config.backoff_min = config.backoff_max = engine::Duration{0};
      return;
    }
    const bool had_none = config.backoff_min == engine::Duration{0};
    if (bounds[0] || had_none) config.backoff_min = bounds[0].value_or(kBackoffMin);
    if (bounds[1]) config.backoff_max = *bounds[1];
    if (!bounds[1] && had_none) config.backoff_max = std::max(kBackoffMax, config.backoff_min);
  });
  return {};
}

// {"scope":"group","window":"5m","content":true}
Try<> read_dedup(JsonReader& json, QueueConfigChanges& changes, const QueueConfig& defaults) {
  if (took_null(json)) {
    changes.add([&defaults](auto& config) {
      config.dedup_scope = defaults.dedup_scope;
      config.dedup_window = defaults.dedup_window;
      config.dedup_content = defaults.dedup_content;
    });
    return {};
  }
  static constexpr std::string_view kNames[] = {"scope", "window", "content"};
  const auto window_in = duration_in(std::chrono::seconds{1}, kDedupWindowMax);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    if (*member == 1) {
      auto window = window_in(json);
      if (window) {
        changes.add([value = *window](QueueConfig& config) { config.dedup_window = value; });
      } else {
        members.refuse(std::move(window).problem());
      }
      continue;
    }
    if (*member == 2) {
      const bool content = json.boolean();
      changes.add([content](QueueConfig& config) { config.dedup_content = content; });
      continue;
    }
    const auto scope = parse_dedup_scope(json.string());
    if (scope) {
      changes.add([value = *scope](QueueConfig& config) { config.dedup_scope = value; });
    } else if (json.ok()) {
      members.refuse({ProblemKind::invalid_request, "scope is queue or group."});
    }
  }
  if (auto problem = members.problem()) {
    problem->param = problem->param.empty() ? "dedup" : "dedup." + problem->param;
    return *std::move(problem);
  }
  return {};
}

enum Member : std::size_t {
  kVisibility,
  kDelay,
  kWait,
  kReceives,
  kDeadLetter,
  kRetention,
  kDurability,
  kRecordBytes,
  kOrder,
  kRetainAcked,
  kPaused,
  kSource,
  kRetry,
  kDedup,
  kOnDisconnect
};
constexpr std::string_view kNames[] = {
    "visibility_timeout", "delay", "receive_wait", "max_receives", "dead_letter", "retention",
    "durability", "record_bytes_max", "order", "retain_acked", "paused", "source", "retry", "dedup",
    "on_disconnect",
    // of answers
    "name", "id", "etag", "created", "messages", "backlog", "dry_run"};

// A queue that is yet to come may be named, but not by a name that none can have.
Try<std::string> read_dead_letter(JsonReader& json) {
  std::string name(json.string());
  if (json.ok() && !name.empty() && !is_name(name)) {
    return Problem(ProblemKind::invalid_request,
                   "A dead letter queue's name has 1 to 249 letters, digits, '.', '_' and '-'.");
  }
  return Try<std::string>(std::move(name));
}

Try<bool> read_on_disconnect(JsonReader& json) {
  const std::string_view word = json.string();
  if (word == "release" || word == "timeout" || !json.ok()) return word == "release";
  return Problem(ProblemKind::invalid_request, "on_disconnect is release or timeout.");
}

// The members that are one value.
Try<> read_plain(std::size_t member, JsonReader& json, QueueConfigChanges& changes,
                 const QueueConfig& defaults) {
  using C = QueueConfig;
  const engine::Duration none{0};
  const auto take = [&](auto place, auto read) {
    return change(json, changes, place, defaults, read);
  };
  switch (member) {
    case kVisibility: return take(&C::visibility_timeout, duration_in(none, kVisibilityMax));
    case kDelay: return take(&C::delay, duration_in(none, kDelayMax));
    case kWait: return take(&C::receive_wait, duration_in(none, kReceiveWaitMax));
    case kReceives: return take(&C::max_receives, number_in(0, 1'000'000));
    case kDeadLetter: return take(&C::dead_letter, read_dead_letter);
    case kRetention: return take(&C::retention, duration_in(engine::Duration{1}, kRetentionMax));
    case kDurability: return take(&C::durability, read_durability);
    case kRecordBytes: return take(&C::record_bytes_max, number_in(1, kRecordBytesMax));
    case kOrder: return take(&C::order, read_order);
    case kRetainAcked: return take(&C::retain_acked, duration_in(none, kRetentionMax));
    case kOnDisconnect: return take(&C::release_on_disconnect, read_on_disconnect);
    case kPaused: return take(&C::paused, [](JsonReader& j) { return Try<bool>(j.boolean()); });
    default: json.slice(); return {};
  }
}

}  // namespace

Try<QueueChanges> read_queue_changes(Call& call) {
  QueueChanges result;
  QueueConfigChanges changes;
  const QueueConfig& defaults = call.broker().shared.queue_defaults;
  JsonReader json(call.body.empty() ? std::string_view("{}") : call.body, call.scratch.texts);
  MemberLoop members(json, kNames);
  while (const auto member = members.next()) {
    Try<> taken;
    switch (*member) {
      case kSource: taken = read_source(json, result, changes); break;
      case kRetry: taken = read_retry(json, changes, defaults); break;
      case kDedup: taken = read_dedup(json, changes, defaults); break;
      default: taken = read_plain(*member, json, changes, defaults); break;
    }
    if (!taken) members.refuse(std::move(taken).problem());
  }
  if (auto problem = members.problem()) return *std::move(problem);
  if (!json.finish()) return json_problem(*json.error());
  result.apply = changes.all();
  return result;
}

}  // namespace twofold::http
