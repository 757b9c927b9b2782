#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "http/rest/json_request.h"
#include "http/rest/record_in.h"

namespace twofold::http {

inline constexpr std::int64_t kRecordBytesMax = 64 << 20;

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

inline bool took_null(JsonReader& json) {
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

inline Try<engine::Durability> read_durability(JsonReader& json) {
  const std::string_view text = json.string();
  if (!json.ok()) return json_problem(*json.error());
  return parse_durability(text);
}

inline auto number_in(std::int64_t least, std::int64_t most) {
  return [least, most](JsonReader& json) { return read_number(json, least, most); };
}

inline auto duration_in(engine::Duration least, engine::Duration most) {
  return [least, most](JsonReader& json) -> Try<engine::Duration> {
    auto value = read_duration(json);
    if (!value || (*value >= least && *value <= most)) return value;
    return Problem(ProblemKind::invalid_duration,
                   fmt::format("It must be from {} to {}.", engine::format_duration(least),
                               engine::format_duration(most)));
  };
}

}  // namespace twofold::http
