#include "http/rest/queue_out.h"

#include <array>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/rest/record_in.h"

namespace twofold::http {
namespace {

using queue::MessageState;

struct StateName {
  MessageState state;
  std::string_view text;
};
constexpr std::array kStates = {
    StateName{MessageState::ready, "ready"},       StateName{MessageState::in_flight, "in_flight"},
    StateName{MessageState::delayed, "delayed"},   StateName{MessageState::blocked, "blocked"},
    StateName{MessageState::dead, "dead"},         StateName{MessageState::acked, "acked"}};

void append_source(JsonWriter& json, const queue::QueueSource& source) {
  json.name("source").begin_object().name("topic").string(source.topic);
  json.name("partitions").begin_array();
  for (std::size_t i = 0; i < source.start_offsets.size(); ++i) {
    json.begin_object().name("partition").number(i);
    json.name("from").number(source.start_offsets[i].value()).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string_view state_text(MessageState state) {
  for (const StateName& name : kStates) {
    if (name.state == state) return name.text;
  }
  return "unknown";
}

std::optional<MessageState> parse_state(std::string_view text) {
  for (const StateName& name : kStates) {
    if (name.text == text) return name.state;
  }
  return std::nullopt;
}

void append_counters(JsonWriter& json, const queue::QueueCounters& counters) {
  json.begin_object();
  json.name("ready").number(counters.ready);
  json.name("in_flight").number(counters.in_flight);
  json.name("delayed").number(counters.delayed);
  json.name("blocked").number(counters.blocked);
  json.name("dead").number(counters.dead).end_object();
}

void append_queue(JsonWriter& json, const queue::QueueInfo& info) {
  const queue::QueueConfig& config = info.config;
  json.begin_object().name("name").string(info.name);
  json.name("id").string(fmt::format("q_{:x}", info.id));
  json.name("visibility_timeout").string(engine::format_duration(config.visibility_timeout));
  json.name("max_receives").number(config.max_receives);
  json.name("dead_letter");
  config.dead_letter.empty() ? json.null() : json.string(config.dead_letter);
  json.name("receive_wait").string(engine::format_duration(config.receive_wait));
  if (info.source) {
    append_source(json, *info.source);
  } else {
    json.name("delay").string(engine::format_duration(config.delay));
    json.name("retention");
    config.retention ? json.string(engine::format_duration(*config.retention)) : json.null();
    json.name("durability").string(durability_text(config.durability));
    json.name("record_bytes_max").number(config.record_bytes_max);
  }
  json.name("order").string("none");
  json.name("created").string(engine::format_time(info.created));
  json.name("messages");
  append_counters(json, info.counters);
  const queue::QueueCounters& c = info.counters;
  json.name("backlog").begin_object();
  json.name("count").number(c.ready + c.in_flight + c.delayed + c.blocked);
  json.name("bytes").number(info.backlog_bytes).end_object();
  json.name("etag").string(fmt::format("{}", info.version)).end_object();
}

}  // namespace twofold::http
