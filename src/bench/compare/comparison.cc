#include "src/bench/compare/comparison.h"

#include <cmath>

#include <fmt/format.h>

#include "src/bench/compare/buckets.h"
#include "src/bench/report.h"

namespace twofold::bench::compare {
namespace {

std::string waits_text(const HeadOfLine& waiting) {
  if (waiting.records == 0) return "-";
  return fmt::format("p50 {}, max {}", time_text(waiting.median), time_text(waiting.longest));
}

std::string redelivered_text(const Findings& side) {
  if (side.redelivered == 0) return "0";
  return fmt::format("{} ({} handled twice)", grouped(side.redelivered), grouped(side.repeated));
}

std::string times_text(double factor) {
  return factor < 10 ? fmt::format("{:.1f}", factor) : fmt::format("{:.0f}", factor);
}

std::string time_sentence(const Comparison& c) {
  const double queue = static_cast<double>(c.queue.elapsed.count());
  const double log = static_cast<double>(c.log.elapsed.count());
  if (queue <= 0 || log <= 0) return "Nothing was handled, so there is nothing to compare.";
  std::string text;
  if (std::abs(queue - log) / std::max(queue, log) < 0.1) {
    text = fmt::format("Both took the same time, {} and {}", time_text(c.queue.elapsed),
                       time_text(c.log.elapsed));
  } else {
    const bool queue_first = queue < log;
    text = fmt::format(
        "The {} finished after {}, the {} after {}, {} times as long",
        queue_first ? "queue" : "log", time_text(queue_first ? c.queue.elapsed : c.log.elapsed),
        queue_first ? "log" : "queue", time_text(queue_first ? c.log.elapsed : c.queue.elapsed),
        times_text(std::max(queue, log) / std::min(queue, log)));
  }
  text += fmt::format(", with a p99 of {} and {}", time_text(c.queue.percentile(99)),
                      time_text(c.log.percentile(99)));
  const HeadOfLine& q = c.queue.head_of_line;
  const HeadOfLine& l = c.log.head_of_line;
  if (q.records == 0 && l.records == 0) {
    return text + "; in neither did a record wait behind another while a worker was idle.";
  }
  return text + fmt::format(
                    "; beside records that waited behind another one, workers were idle for "
                    "{} in the queue and for {} in the log.",
                    time_text(q.idle), time_text(l.idle));
}

std::string order_sentence(const Comparison& c) {
  const std::uint64_t queue = c.queue.order_violations;
  const std::uint64_t log = c.log.order_violations;
  std::string text;
  if (queue == 0 && log == 0) {
    text = "Each key was handled in its order by both";
  } else if (log == 0) {
    text = fmt::format(
        "The log handled each key in its order, the queue handled {} of {} records "
        "after a later one of the same key",
        grouped(queue), grouped(c.queue.published));
  } else {
    text = fmt::format(
        "{} records in the queue and {} in the log were handled after a later one of "
        "the same key",
        grouped(queue), grouped(log));
  }
  const std::uint64_t lost = c.queue.lost + c.log.lost;
  if (lost > 0) return text + fmt::format("; {} records were never handled.", grouped(lost));
  if (c.queue.crashes + c.log.crashes == 0) return text + ", and none was lost.";
  return text + fmt::format(
                    "; after {} and {} crashes the queue handed out {} again, each when its "
                    "visibility timeout was over, the log {}, at once from the committed offset, "
                    "and none was lost.",
                    grouped(c.queue.crashes), grouped(c.log.crashes), grouped(c.queue.redelivered),
                    grouped(c.log.redelivered));
}

}  // namespace

Comparison compared(Plan plan, Traces traces) {
  Comparison comparison;
  comparison.plan = std::move(plan);
  comparison.traces = std::move(traces);
  comparison.queue = find(comparison.traces.queue);
  comparison.log = find(comparison.traces.log);
  return comparison;
}

std::vector<Row> rows_of(const Comparison& c) {
  std::vector<Row> rows;
  const auto row = [&](std::string what, const auto& text) {
    rows.push_back(Row{std::move(what), text(c.queue), text(c.log)});
  };
  row("throughput", [](const Findings& side) {
    return side.per_second < 100
               ? fmt::format("{:.1f} records/s", side.per_second)
               : grouped(static_cast<std::uint64_t>(side.per_second)) + " records/s";
  });
  row("finished after", [](const Findings& side) { return time_text(side.elapsed); });
  row("workers at work",
      [](const Findings& side) { return fmt::format("{:.0f} % of the time", side.busy * 100); });
  row("latency p50", [](const Findings& side) { return time_text(side.percentile(50)); });
  row("latency p90", [](const Findings& side) { return time_text(side.percentile(90)); });
  row("latency p99", [](const Findings& side) { return time_text(side.percentile(99)); });
  row("latency p99.9", [](const Findings& side) { return time_text(side.percentile(99.9)); });
  row("latency max", [](const Findings& side) { return time_text(side.max()); });
  row("head-of-line waiting",
      [](const Findings& side) { return grouped(side.head_of_line.records) + " records"; });
  row("  how long", [](const Findings& side) { return waits_text(side.head_of_line); });
  row("idle beside waiting",
      [](const Findings& side) { return time_text(side.head_of_line.idle) + " of worker time"; });
  row("order violations",
      [](const Findings& side) { return grouped(side.order_violations) + " records"; });
  row("crashes", [](const Findings& side) { return grouped(side.crashes); });
  row("redeliveries", redelivered_text);
  row("lost", [](const Findings& side) { return grouped(side.lost); });
  return rows;
}

std::array<std::string, 2> sentences_of(const Comparison& comparison) {
  return {time_sentence(comparison), order_sentence(comparison)};
}

std::string device_text(const Comparison& comparison) {
  if (!comparison.device) return "device sync not measured";
  return "device sync " + bench::device_text(*comparison.device);
}

std::string definition_text() {
  return "A record waits at the head of the line while it is there and in nobody's hands, a worker "
         "is idle (the broker has told it that there is nothing for it), and something ahead of "
         "the "
         "record is in a worker's hands: in a queue, an earlier record of its partition; in a log, "
         "anything its partition's reader holds. An order violation is a record handled after a "
         "later one of its key; what is handled again counts the first time.";
}

}  // namespace twofold::bench::compare
