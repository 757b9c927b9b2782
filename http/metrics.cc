#include "http/metrics.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/base/process_stats.h"

namespace twofold::http {
namespace {

// Upper bounds in microseconds, and as Prometheus writes them.
struct DurationBucket {
  std::int64_t upto_us;
  std::string_view label;
};
constexpr std::array<DurationBucket, kDurationBuckets - 1> kBuckets = {{
    {50, "0.00005"},    {100, "0.0001"},    {250, "0.00025"},   {500, "0.0005"},
    {1'000, "0.001"},   {2'500, "0.0025"},  {5'000, "0.005"},   {10'000, "0.01"},
    {25'000, "0.025"},  {50'000, "0.05"},   {100'000, "0.1"},   {250'000, "0.25"},
    {500'000, "0.5"},   {1'000'000, "1"},   {2'500'000, "2.5"}, {5'000'000, "5"},
    {10'000'000, "10"},
}};

std::size_t bucket_of(std::int64_t us) {
  std::size_t i = 0;
  while (i < kBuckets.size() && us > kBuckets[i].upto_us) ++i;
  return i;
}

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

void append_requests(std::string& out, std::span<const LaneMetrics* const> lanes,
                     std::span<const OperationName> names) {
  out += "# TYPE twofold_http_requests_total counter\n";
  for (std::size_t op = 0; op < names.size(); ++op) {
    for (std::size_t slot = 0; slot < kStatuses.size(); ++slot) {
      const auto pick = [&](const LaneMetrics& lane) -> const Counter& {
        return lane.operation(op).statuses[slot];
      };
      const std::uint64_t count = sum(lanes, pick);
      if (count == 0) continue;
      fmt::format_to(std::back_inserter(out),
                     "twofold_http_requests_total{{api=\"{}\",op=\"{}\",code=\"{}\"}} {}\n",
                     names[op].api, names[op].name, kStatuses[slot], count);
    }
  }
}

void append_durations(std::string& out, std::span<const LaneMetrics* const> lanes,
                      OperationName name, std::size_t op) {
  const auto in_bucket = [&](std::size_t bucket) {
    return sum(lanes, [&](const LaneMetrics& lane) -> const Counter& {
      return lane.operation(op).durations[bucket];
    });
  };
  std::uint64_t all = 0;
  for (std::size_t bucket = 0; bucket < kDurationBuckets; ++bucket) all += in_bucket(bucket);
  if (all == 0) return;
  constexpr std::string_view kMetric = "twofold_http_request_duration_seconds";
  std::uint64_t upto = 0;
  for (std::size_t bucket = 0; bucket < kDurationBuckets; ++bucket) {
    upto += in_bucket(bucket);
    const std::string_view label = bucket < kBuckets.size() ? kBuckets[bucket].label : "+Inf";
    fmt::format_to(std::back_inserter(out),
                   "{}_bucket{{api=\"{}\",op=\"{}\",le=\"{}\"}} {}\n", kMetric, name.api, name.name, label, upto);
  }
  const std::uint64_t sum_us = sum(lanes, [&](const LaneMetrics& lane) -> const Counter& {
    return lane.operation(op).duration_sum_us;
  });
  fmt::format_to(std::back_inserter(out), "{}_sum{{api=\"{}\",op=\"{}\"}} {}\n", kMetric, name.api, name.name,
                 static_cast<double>(sum_us) / 1e6);
  fmt::format_to(std::back_inserter(out), "{}_count{{api=\"{}\",op=\"{}\"}} {}\n", kMetric, name.api, name.name,
                 all);
}

}  // namespace

LaneMetrics::LaneMetrics(std::size_t operations)
    : operations_(std::make_unique<OperationMetrics[]>(operations)), count_(operations) {}

void LaneMetrics::request(std::size_t operation, int status, std::chrono::nanoseconds took) {
  OperationMetrics& metrics = operations_[operation];
  const std::int64_t us = took.count() / 1'000;
  metrics.statuses[slot_of(status)].add();
  metrics.durations[bucket_of(us)].add();
  metrics.duration_sum_us.add(static_cast<std::uint64_t>(us));
}

void append_label(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
}

void append_http_metrics(std::string& out, std::span<const LaneMetrics* const> lanes,
                         std::span<const OperationName> names) {
  append_requests(out, lanes, names);
  out += "# TYPE twofold_http_request_duration_seconds histogram\n";
  for (std::size_t op = 0; op < names.size(); ++op) append_durations(out, lanes, names[op], op);

  const std::uint64_t accepted =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.connections_accepted; });
  const std::uint64_t closed =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.connections_closed; });
  const std::uint64_t turned_away =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.connections_refused; });
  const std::uint64_t heads =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.heads_refused; });
  const std::uint64_t failures =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.auth_failures; });
  const std::uint64_t opened =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.streams_opened; });
  const std::uint64_t ended =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.streams_closed; });
  const std::uint64_t batches =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.stream_batches; });
  const std::uint64_t messages =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.stream_messages; });
  const std::uint64_t publishes =
      sum(lanes, [](const LaneMetrics& l) -> const Counter& { return l.stream_publishes; });
  // Two counters read one after the other may be a moment apart.
  fmt::format_to(std::back_inserter(out),
                 "# TYPE twofold_connections gauge\n"
                 "twofold_connections{{listener=\"http\"}} {}\n"
                 "# TYPE twofold_connections_total counter\n"
                 "twofold_connections_total{{listener=\"http\"}} {}\n"
                 "# TYPE twofold_connections_refused_total counter\n"
                 "twofold_connections_refused_total{{listener=\"http\"}} {}\n"
                 "# TYPE twofold_http_heads_refused_total counter\n"
                 "twofold_http_heads_refused_total {}\n"
                 "# TYPE twofold_auth_failures_total counter\n"
                 "twofold_auth_failures_total{{listener=\"http\"}} {}\n"
                 "# TYPE twofold_streams gauge\n"
                 "twofold_streams {}\n"
                 "# TYPE twofold_streams_total counter\n"
                 "twofold_streams_total {}\n"
                 "# TYPE twofold_stream_batches_total counter\n"
                 "twofold_stream_batches_total {}\n"
                 "# TYPE twofold_stream_messages_total counter\n"
                 "twofold_stream_messages_total {}\n"
                 "# TYPE twofold_stream_publishes_total counter\n"
                 "twofold_stream_publishes_total {}\n",
                 accepted > closed ? accepted - closed : 0, accepted, turned_away, heads, failures,
                 opened > ended ? opened - ended : 0, opened, batches, messages, publishes);
}

void append_process_metrics(std::string& out) {
  const engine::ProcessStats stats = engine::read_process_stats();
  fmt::format_to(std::back_inserter(out),
                 "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {:.6f}\n"
                 "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {}\n"
                 "# TYPE process_virtual_memory_bytes gauge\nprocess_virtual_memory_bytes {}\n"
                 "# TYPE process_open_fds gauge\nprocess_open_fds {}\n"
                 "# TYPE process_max_fds gauge\nprocess_max_fds {}\n",
                 stats.cpu_seconds, stats.resident_bytes, stats.virtual_bytes, stats.open_fds,
                 stats.fds_max);
}

}  // namespace twofold::http
