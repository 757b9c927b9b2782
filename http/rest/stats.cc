// GET /v1/stats: the recent past in numbers, for charts and lists.
#include <cmath>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/json_writer.h"
#include "http/on_core.h"
#include "http/rest/handlers.h"
#include "http/server_common.h"

namespace twofold::http {
namespace {

constexpr auto kWindowDefault = std::chrono::minutes{10};
constexpr auto kWindowMax = std::chrono::hours{24};

// A tenth is as exact as anybody needs it; what is no number is null.
void append_value(JsonWriter& json, float value) {
  if (std::isnan(value)) {
    json.null();
  } else if (value == std::floor(value)) {
    json.number(static_cast<std::int64_t>(value));
  } else {
    json.raw(fmt::format("{:.1f}", value));
  }
}

void append_stretch(JsonWriter& json, engine::Duration step, engine::WallTime end,
                    std::size_t steps) {
  json.name("step").string(engine::format_duration(step));
  json.name("from").string(engine::format_time(end - step * static_cast<int>(steps)));
  json.name("to").string(engine::format_time(end));
}

void append_chart(JsonWriter& json, const stats::EntityChart& chart,
                  std::span<const std::string_view> names) {
  append_stretch(json, chart.step, chart.end, chart.series.front().size());
  json.name("series").begin_object();
  for (std::size_t i = 0; i < names.size(); ++i) {
    json.name(names[i]).begin_array();
    for (const float value : chart.series[i]) append_value(json, value);
    json.end_array();
  }
  json.end_object();
}

Task<Try<>> topic_stats(Call& call, std::string name, engine::Duration window) {
  auto ask = [&topics = call.broker().topics, &name] { return topics.resolve(name).has_value(); };
  const bool exists = co_await ask_core(call.broker().core, std::move(ask));
  if (!exists)
    co_return Problem(ProblemKind::topic_not_found, fmt::format("There is no topic {}.", name),
                      "topic");
  JsonWriter json(call.reply.body);
  json.begin_object().name("topic").string(name);
  append_chart(json, call.broker().entities.topic_chart(name, window), stats::kTopicSeries);
  json.end_object();
  co_return Try<>();
}

Task<Try<>> queue_stats(Call& call, std::string name, engine::Duration window) {
  auto ask = [&queues = call.broker().queues, &name] { return queues.find(name).has_value(); };
  const bool exists = co_await ask_core(call.broker().core, std::move(ask));
  if (!exists)
    co_return Problem(ProblemKind::queue_not_found, fmt::format("There is no queue {}.", name),
                      "queue");
  JsonWriter json(call.reply.body);
  json.begin_object().name("queue").string(name);
  append_chart(json, call.broker().entities.queue_chart(name, window), stats::kQueueSeries);
  json.end_object();
  co_return Try<>();
}

void append_rates(JsonWriter& json, const std::vector<stats::EntityRates>& rates, bool of_queues) {
  json.begin_array();
  for (const stats::EntityRates& one : rates) {
    json.begin_object().name("name").string(one.name);
    append_value(json.name("in"), one.in);
    append_value(json.name("out"), one.out);
    if (of_queues) {
      append_value(json.name("acked"), one.acked);
      append_value(json.name("redelivered"), one.redelivered);
    }
    json.end_object();
  }
  json.end_array();
}

}  // namespace

Task<Try<>> entity_rates(Call& call) {
  JsonWriter json(call.reply.body);
  json.begin_object().name("over").string("10s").name("topics");
  append_rates(json, call.broker().entities.topic_rates(), /*of_queues=*/false);
  json.name("queues");
  append_rates(json, call.broker().entities.queue_rates(), /*of_queues=*/true);
  json.end_object();
  co_return Try<>();
}

Task<Try<>> broker_stats(Call& call) {
  auto window = call.duration("window", kWindowMax, kWindowDefault);
  if (!window) co_return std::move(window).problem();
  if (*window < std::chrono::seconds{1}) {
    co_return Problem(ProblemKind::invalid_duration, "A window is from 1s to 24h.", "window");
  }
  const auto queue = call.query("queue");
  const auto topic = call.query("topic");
  if (queue && topic) {
    co_return Problem(ProblemKind::invalid_request, "A past is of a queue or of a topic.", "topic");
  }
  if (queue) {
    std::string name(*queue);
    co_return co_await queue_stats(call, std::move(name), *window);
  }
  if (topic) {
    std::string name(*topic);
    co_return co_await topic_stats(call, std::move(name), *window);
  }
  const stats::Chart chart = call.common.stats.chart(*window);
  JsonWriter json(call.reply.body);
  json.begin_object();
  append_stretch(json, chart.step, chart.end, chart.steps.size());
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
