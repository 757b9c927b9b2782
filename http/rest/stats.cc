// GET /v1/stats: the recent past in numbers, for charts.
#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/json_writer.h"
#include "http/rest/handlers.h"
#include "http/server_common.h"

namespace twofold::http {
namespace {

constexpr auto kWindowDefault = std::chrono::minutes{10};
constexpr auto kWindowMax = std::chrono::hours{24};

}  // namespace

Task<Try<>> broker_stats(Call& call) {
  auto window = call.duration("window", kWindowMax, kWindowDefault);
  if (!window) co_return std::move(window).problem();
  if (*window < std::chrono::seconds{1}) {
    co_return Problem(ProblemKind::invalid_duration, "A window is from 1s to 24h.", "window");
  }
  const stats::Chart chart = call.common.stats.chart(*window);
  const engine::WallTime from = chart.end - chart.step * static_cast<int>(chart.steps.size());
  JsonWriter json(call.reply.body);
  json.begin_object().name("step").string(engine::format_duration(chart.step));
  json.name("from").string(engine::format_time(from));
  json.name("to").string(engine::format_time(chart.end));
  json.name("series").begin_object();
  for (std::size_t i = 0; i < stats::kSeries; ++i) {
    json.name(stats::kSeriesNames[i]).begin_array();
    for (const stats::Step& step : chart.steps) json.number(step[i]);
    json.end_array();
  }
  json.end_object().end_object();
  co_return Try<>();
}

}  // namespace twofold::http
