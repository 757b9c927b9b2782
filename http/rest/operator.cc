// What those who manage the broker look at: its settings, and what it has written to its log.
#include "engine/base/diag_recent.h"
#include "engine/base/time_text.h"
#include "http/json_writer.h"
#include "http/rest/handlers.h"
#include "http/shown.h"

namespace twofold::http {
namespace {

using engine::DiagLevel;

struct Level {
  std::string_view name;
  DiagLevel level;
};
constexpr std::array kLevels = {
    Level{"debug", DiagLevel::debug},
    Level{"info",  DiagLevel::info },
    Level{"warn",  DiagLevel::warn },
    Level{"error", DiagLevel::error}
};

std::string_view name_of(DiagLevel level) {
  for (const Level& one : kLevels)
    if (one.level == level) return one.name;
  return "info";
}

Try<DiagLevel> parse_level(const Call& call) {
  const auto wanted = call.query("level");
  if (!wanted) return DiagLevel::debug;
  for (const Level& one : kLevels)
    if (one.name == *wanted) return one.level;
  return Problem(ProblemKind::invalid_request, "A level is debug, info, warn or error.", "level");
}

}  // namespace

Task<Try<>> show_config(Call& call) {
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  const auto settings = call.broker().shared.settings.now();
  for (const Setting& setting : *settings) {
    json.begin_object().name("key").string(setting.key);
    json.name("value").string(setting.value).name("origin").string(setting.origin);
    json.name("reloads").boolean(setting.reloads).end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

Task<Try<>> show_log(Call& call) {
  auto level = parse_level(call);
  if (!level) co_return std::move(level).problem();
  auto limit = call.number("limit", 1, engine::kDiagRecentMax, 100);
  if (!limit) co_return std::move(limit).problem();
  const auto lines = engine::diag_recent(*level, static_cast<std::size_t>(*limit));
  JsonWriter json(call.reply.body);
  json.begin_object().name("items").begin_array();
  for (const engine::RecentDiag& line : lines) {
    json.begin_object().name("time").string(engine::format_time(line.at));
    json.name("level").string(name_of(line.level)).name("component").string(line.component);
    json.name("message").string(line.message).name("fields").begin_object();
    for (const auto& [name, value] : line.fields) json.name(name).string(shown(value));
    json.end_object().end_object();
  }
  json.end_array().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
