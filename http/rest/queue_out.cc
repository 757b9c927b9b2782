#include "http/rest/queue_out.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/base/duration_text.h"
#include "engine/base/time_text.h"
#include "http/rest/record_in.h"
#include "queue/fifo_name.h"

namespace twofold::http {
namespace {

using queue::MessageState;

struct StateName {
  MessageState state;
  std::string_view text;
};
constexpr std::array kStates = {
    StateName{MessageState::ready,     "ready"    },
    StateName{MessageState::in_flight, "in_flight"},
    StateName{MessageState::delayed,   "delayed"  },
    StateName{MessageState::blocked,   "blocked"  },
    StateName{MessageState::dead,      "dead"     },
    StateName{MessageState::acked,     "acked"    }
};

struct OrderName {
  queue::Order order;
  std::string_view text;
};
constexpr std::array kOrders = {
    OrderName{queue::Order::none,   "none"  },
    OrderName{queue::Order::fair,   "fair"  },
    OrderName{queue::Order::key,    "key"   },
    OrderName{queue::Order::strict, "strict"}
};

void append_source(JsonWriter& json, const queue::QueueSource& source, const std::string& filter) {
  json.name("source").begin_object().name("topic").string(source.topic);
  if (!filter.empty()) json.name("filter").string(filter);
  json.name("partitions").begin_array();
  for (std::size_t i = 0; i < source.start_offsets.size(); ++i) {
    json.begin_object().name("partition").number(i);
    json.name("from").number(source.start_offsets[i].value()).end_object();
  }
  json.end_array().end_object();
}

void append_retry(JsonWriter& json, const queue::QueueConfig& config) {
  json.name("retry");
  if (config.backoff_min == engine::Duration{0}) {
    json.null();
    return;
  }
  const engine::Duration most = std::max(config.backoff_min, config.backoff_max);
  json.begin_object().name("backoff").string("exponential");
  json.name("min").string(engine::format_duration(config.backoff_min));
  json.name("max").string(engine::format_duration(most)).end_object();
}

}  // namespace

std::string_view order_text(queue::Order order) {
  for (const OrderName& name : kOrders) {
    if (name.order == order) return name.text;
  }
  return "unknown";
}

std::optional<queue::Order> parse_order(std::string_view text) {
  for (const OrderName& name : kOrders) {
    if (name.text == text) return name.order;
  }
  return std::nullopt;
}

std::optional<queue::DedupScope> parse_dedup_scope(std::string_view text) {
  if (text == "queue") return queue::DedupScope::queue;
  if (text == "group") return queue::DedupScope::group;
  return std::nullopt;
}

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

void append_queue(JsonWriter& json, const queue::QueueInfo& info, bool dry_run) {
  const queue::QueueConfig& config = info.config;
  json.begin_object().name("name").string(info.name);
  const bool there = info.version > 0;
  if (there) json.name("id").string(fmt::format("q_{:x}", info.id));
  json.name("visibility_timeout").string(engine::format_duration(config.visibility_timeout));
  json.name("max_receives").number(config.max_receives);
  json.name("dead_letter");
  config.dead_letter.empty() ? json.null() : json.string(config.dead_letter);
  json.name("receive_wait").string(engine::format_duration(config.receive_wait));
  append_retry(json, config);
  json.name("retain_acked").string(engine::format_duration(config.retain_acked));
  json.name("paused").boolean(config.paused);
  json.name("on_disconnect").string(config.release_on_disconnect ? "release" : "timeout");
  if (info.source) {
    append_source(json, *info.source, config.filter);
  } else {
    json.name("delay").string(engine::format_duration(config.delay));
    json.name("retention");
    config.retention ? json.string(engine::format_duration(*config.retention)) : json.null();
    json.name("durability").string(durability_text(config.durability));
    json.name("record_bytes_max").number(config.record_bytes_max);
    const bool by_group = config.dedup_scope == queue::DedupScope::group;
    json.name("dedup").begin_object().name("scope").string(by_group ? "group" : "queue");
    json.name("window").string(engine::format_duration(config.dedup_window));
    if (queue::is_fifo_name(info.name)) json.name("content").boolean(config.dedup_content);
    json.end_object();
  }
  json.name("order").string(order_text(config.order));
  json.name("created").string(engine::format_time(info.created));
  json.name("messages");
  append_counters(json, info.counters);
  const queue::QueueCounters& c = info.counters;
  json.name("backlog").begin_object();
  json.name("count").number(c.ready + c.in_flight + c.delayed + c.blocked);
  json.name("bytes").number(info.backlog_bytes).end_object();
  if (dry_run) json.name("dry_run").boolean(true);
  if (there) json.name("etag").string(fmt::format("{}", info.version));
  json.end_object();
}

}  // namespace twofold::http
