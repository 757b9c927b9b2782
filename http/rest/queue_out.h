#pragma once

#include "http/json_writer.h"
#include "queue/queues.h"

namespace twofold::http {

/// {"ready":..,"in_flight":..,"delayed":..,"blocked":..,"dead":..}
void append_counters(JsonWriter& json, const queue::QueueCounters& counters);
/// A queue as GET shows it; with `dry_run` as it would be: a new one has no id and no etag yet.
void append_queue(JsonWriter& json, const queue::QueueInfo& info, bool dry_run = false);

std::string_view order_text(queue::Order order);
std::optional<queue::Order> parse_order(std::string_view text);
std::optional<queue::DedupScope> parse_dedup_scope(std::string_view text);
std::string_view state_text(queue::MessageState state);
std::optional<queue::MessageState> parse_state(std::string_view text);

}  // namespace twofold::http
