#include "http/metrics.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/process_stats.h"

namespace twofold::http {

using metrics::Labels;
using metrics::Text;

namespace {

std::size_t slot_of(int status) {
  const auto found = std::find(kStatuses.begin(), kStatuses.end(), status);
  return found == kStatuses.end() ? kStatuses.size() - 1
                                  : static_cast<std::size_t>(found - kStatuses.begin());
}

template <class Pick>
std::uint64_t sum(std::span<const LaneMetrics* const> lanes, Pick pick) {
  std::uint64_t total = 0;
  for (const LaneMetrics* lane : lanes) total += pick(*lane).value();
  return total;
}

void append_requests(Text& out, std::span<const LaneMetrics* const> lanes,
                     std::span<const OperationName> names) {
  if (!out.begin("twofold_http_requests_total")) return;
  for (std::size_t op = 0; op < names.size(); ++op) {
    for (std::size_t slot = 0; slot < kStatuses.size(); ++slot) {
      const std::uint64_t count = sum(lanes, [&](const LaneMetrics& lane) -> const Counter& {
        return lane.operation(op).statuses[slot];
      });
      if (count == 0) continue;
      Labels labels("api", names[op].api);
      labels.add("op", names[op].name).add("code", fmt::format_int(kStatuses[slot]).c_str());
      out.value(labels, count);
    }
  }
}

void append_durations(Text& out, std::span<const LaneMetrics* const> lanes,
                      std::span<const OperationName> names) {
  if (!out.begin("twofold_http_request_duration_seconds")) return;
  for (std::size_t op = 0; op < names.size(); ++op) {
    std::vector<const engine::DurationHistogram*> all;
    bool any = false;
    for (const LaneMetrics* lane : lanes) {
      const engine::DurationHistogram& one = lane->operation(op).durations;
      all.push_back(&one);
      for (std::size_t i = 0; i < engine::DurationHistogram::kClasses; ++i)
        any = any || one.count(i) > 0;
    }
    if (any) out.durations(Labels("api", names[op].api).add("op", names[op].name), all);
  }
}

// Two counters read one after the other may be a moment apart.
std::uint64_t open(std::uint64_t begun, std::uint64_t ended) {
  return begun > ended ? begun - ended : 0;
}

void append_streams(Text& out, std::span<const LaneMetrics* const> lanes) {
  static constexpr std::string_view kKinds[] = {"subscribe", "inspect"};  // as StreamKind
  const auto each = [&](std::string_view name, const auto& value) {
    if (!out.begin(name)) return;
    for (std::size_t kind = 0; kind < std::size(kKinds); ++kind) {
      const auto total = [&](Counter StreamMetrics::*counter) {
        return sum(lanes, [&](const LaneMetrics& lane) -> const Counter& { return lane.streams[kind].*counter; });
      };
      out.value(Labels("kind", kKinds[kind]), value(total));
    }
  };
  each("twofold_ws_connections", [](const auto& total) {
    return open(total(&StreamMetrics::opened), total(&StreamMetrics::closed));
  });
  each("twofold_ws_connections_total", [](const auto& total) { return total(&StreamMetrics::opened); });
  each("twofold_ws_sent_batches_total", [](const auto& total) { return total(&StreamMetrics::batches); });
  each("twofold_ws_sent_messages_total", [](const auto& total) { return total(&StreamMetrics::messages); });
}

void append_connections(Text& out, std::span<const LaneMetrics* const> lanes) {
  const auto total = [&](Counter LaneMetrics::*counter) {
    return sum(lanes, [&](const LaneMetrics& lane) -> const Counter& { return lane.*counter; });
  };
  const Labels http("listener", "http");
  const auto of_listener = [&](std::string_view name, std::uint64_t count) {
    if (out.begin(name)) out.value(http, count);
  };
  out.only("twofold_http_heads_refused_total", total(&LaneMetrics::heads_refused));
  of_listener("twofold_auth_failures_total", total(&LaneMetrics::auth_failures));
  of_listener("twofold_connections", open(total(&LaneMetrics::connections_accepted),
                                          total(&LaneMetrics::connections_closed)));
  of_listener("twofold_connections_total", total(&LaneMetrics::connections_accepted));
  of_listener("twofold_connections_refused_total", total(&LaneMetrics::connections_refused));
  out.only("twofold_sent_bytes_total", total(&LaneMetrics::bytes_sent));
  append_streams(out, lanes);
  out.only("twofold_ws_publishes_total", total(&LaneMetrics::stream_publishes));
  if (!out.begin("twofold_ws_dropped_total")) return;
  out.value(Labels("kind", "inspect"), total(&LaneMetrics::stream_events_dropped));
  out.value(Labels("kind", "subscribe"), total(&LaneMetrics::stream_records_dropped));
}

}  // namespace

LaneMetrics::LaneMetrics(std::size_t operations)
    : operations_(std::make_unique<OperationMetrics[]>(operations)), count_(operations) {}

void LaneMetrics::request(std::size_t operation, int status, std::chrono::nanoseconds took) {
  OperationMetrics& metrics = operations_[operation];
  metrics.statuses[slot_of(status)].add();
  metrics.durations.add(took);
}

void append_http_metrics(Text& out, std::span<const LaneMetrics* const> lanes,
                         std::span<const OperationName> names) {
  append_requests(out, lanes, names);
  append_durations(out, lanes, names);
  append_connections(out, lanes);
  if (!out.begin("twofold_event_loop_lag_seconds")) return;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const engine::DurationHistogram* const one[] = {&lanes[i]->loop_lag};
    out.durations(Labels("thread", fmt::format("io-{}", i)), one);
  }
}

void append_process_metrics(Text& out) {
  const engine::ProcessStats stats = engine::read_process_stats();
  out.only("process_cpu_seconds_total", stats.cpu_seconds);
  out.only("process_resident_memory_bytes", stats.resident_bytes);
  out.only("process_virtual_memory_bytes", stats.virtual_bytes);
  out.only("process_open_fds", stats.open_fds);
  out.only("process_max_fds", stats.fds_max);
}

}  // namespace twofold::http
