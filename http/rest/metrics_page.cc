// GET /metrics: Prometheus text. Counters of the I/O threads are summed here; what the core knows
// is asked in one turn of it.
#include <fmt/format.h>

#include "http/metrics.h"
#include "http/rest/handlers.h"
#include "http/server_common.h"

namespace twofold::http {
namespace {

constexpr std::size_t kLabelValuesMax = 1'000;  // per label: what is beyond is counted only

void append_sample(std::string& out, std::string_view metric, std::string_view label,
                   std::string_view name, std::string_view more, std::int64_t value) {
  fmt::format_to(std::back_inserter(out), "twofold_{}{{{}=\"", metric, label);
  append_label(out, name);
  fmt::format_to(std::back_inserter(out), "\"{}}} {}\n", more, value);
}

void append_queues(std::string& out, const queue::Queues& queues) {
  const auto infos = queues.list("", kLabelValuesMax);
  out += "# TYPE twofold_queue_messages gauge\n";
  for (const queue::QueueInfo& info : infos) {
    const queue::QueueCounters& counters = info.counters;
    const auto sample = [&](std::string_view state, std::uint64_t count) {
      append_sample(out, "queue_messages", "queue", info.name,
                    fmt::format(",state=\"{}\"", state), static_cast<std::int64_t>(count));
    };
    sample("ready", counters.ready);
    sample("inflight", counters.in_flight);
    sample("delayed", counters.delayed);
    sample("dead", counters.dead);
  }
}

void append_topics(std::string& out, const log::Topics& topics) {
  const auto infos = topics.list("", kLabelValuesMax);
  std::string starts = "# TYPE twofold_partition_start_offset gauge\n";
  std::string ends = "# TYPE twofold_partition_end_offset gauge\n";
  std::string counts = "# TYPE twofold_topic_partitions gauge\n";
  std::string sizes = "# TYPE twofold_topic_size_bytes gauge\n";
  for (const log::TopicInfo& info : infos) {
    const auto offsets = topics.offsets(info.name);
    if (!offsets) continue;
    std::uint64_t bytes = 0;
    for (const log::PartitionOffsets& partition : *offsets) {
      const std::string label = fmt::format(",partition=\"{}\"", partition.partition.value());
      append_sample(starts, "partition_start_offset", "topic", info.name, label,
                    partition.status.start.value());
      append_sample(ends, "partition_end_offset", "topic", info.name, label,
                    partition.status.visible_end.value());
      bytes += partition.status.bytes;
    }
    append_sample(counts, "topic_partitions", "topic", info.name, "", info.config.partitions);
    append_sample(sizes, "topic_size_bytes", "topic", info.name, "",
                  static_cast<std::int64_t>(bytes));
  }
  out.append(starts).append(ends).append(counts).append(sizes);
}

void append_groups(std::string& out, const log::Groups& groups) {
  out += "# TYPE twofold_group_committed_offset gauge\n";
  for (const log::GroupInfo& info : groups.list("", kLabelValuesMax)) {
    for (const log::CommittedOffset& committed : info.offsets) {
      std::string label = ",topic=\"";
      append_label(label, committed.topic);
      label += fmt::format("\",partition=\"{}\"", committed.partition.value());
      append_sample(out, "group_committed_offset", "group", info.name, label,
                    committed.offset.value());
    }
  }
}

std::string broker_metrics(const Broker& broker) {
  std::string out;
  append_queues(out, broker.queues);
  append_topics(out, broker.topics);
  append_groups(out, broker.groups);
  if (broker.metrics) broker.metrics(out);
  return out;
}

void append_build(std::string& out, const Broker& broker) {
  fmt::format_to(std::back_inserter(out),
                 "# TYPE twofold_build_info gauge\n"
                 "twofold_build_info{{version=\"{}\",commit=\"{}\"}} 1\n"
                 "# TYPE twofold_start_time_seconds gauge\ntwofold_start_time_seconds {:.3f}\n",
                 broker.server.version, broker.server.commit,
                 static_cast<double>(broker.server.started.value()) / 1e3);
}

}  // namespace

Task<Try<>> metrics_page(Call& call) {
  std::string& out = call.reply.body;
  call.reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  append_build(out, call.broker);
  append_process_metrics(out);
  std::vector<OperationName> names;
  for (std::size_t i = 0; i < operation_count(); ++i) names.push_back(operation_name(i));
  append_http_metrics(out, call.common.lane_metrics, names);
  // During recovery the core is busy and its rooms are half built.
  if (call.broker.health == Health::starting) co_return Try<>();
  auto ask = [&broker = call.broker] { return broker_metrics(broker); };
  const std::string samples = co_await ask_core(call.broker.core, std::move(ask));
  out.append(samples);
  co_return Try<>();
}

}  // namespace twofold::http
