#include <fmt/format.h>

#include "src/bench/cycle.h"
#include "src/bench/own_queue.h"

namespace twofold::bench {
namespace {

constexpr std::size_t kFillBatch = 1000;

Outcome<Done> verify(const Stage& stage, const std::string& queue_path, const Cycle& cycle,
                     std::uint64_t filled, Verified& verified) {
  const auto left = left_in(stage, queue_path);
  if (!left) return left.error();
  const std::uint64_t sent = filled + cycle.sent();
  const std::uint64_t known = cycle.acked() + *left;
  verified.sent += sent;
  verified.received += cycle.received();
  verified.lost += sent - std::min(sent, known);
  verified.duplicated += cycle.duplicated() + (known - std::min(sent, known));
  return Done{};
}

// One queue, filled with `backlog` messages, measured and verified.
Outcome<Done> measure_cycle(Stage& stage, std::uint64_t backlog, Report& report) {
  const auto queue = stage.create("queues", "{}");
  if (!queue) return queue.error();
  const auto filled = fill_queue(stage, *queue, backlog);
  if (!filled) return filled.error();
  Cycle cycle(stage, *queue);
  const std::string name =
      backlog == 0 ? "send+receive+ack" : fmt::format("send+receive+ack, {} waiting", backlog);
  auto result = stage.measure(name, cycle);
  if (!result) return result.error();
  report.results.push_back(*std::move(result));
  return verify(stage, *queue, cycle, *filled, report.verified);
}

}  // namespace

Outcome<Report> run_queue(Stage& stage) {
  if (auto connected = stage.connect(stage.options().connections); !connected)
    return connected.error();
  Report report;
  if (auto done = measure_cycle(stage, stage.options().backlog, report); !done) return done.error();
  return report;
}

// The same cycle beside an empty queue and beside a full one.
Outcome<Report> run_waiting(Stage& stage) {
  constexpr std::uint64_t kBacklog = 10'000'000;
  if (auto connected = stage.connect(stage.options().connections); !connected)
    return connected.error();
  Report report;
  if (auto done = measure_cycle(stage, 0, report); !done) return done.error();
  const std::uint64_t backlog = stage.options().backlog != 0 ? stage.options().backlog : kBacklog;
  if (auto done = measure_cycle(stage, backlog, report); !done) return done.error();
  const auto speed = [](const Result& result) {
    return static_cast<double>(result.messages) / static_cast<double>(result.elapsed.count());
  };
  const double change = speed(report.results[1]) / speed(report.results[0]) - 1;
  report.results[1].notes.push_back(fmt::format("{:+.1f} % against the empty queue", change * 100));
  return report;
}

Outcome<Report> run_memory(Stage& stage) {
  constexpr std::uint64_t kBacklog = 10'000'000, kInFlight = 1'000'000;
  if (auto connected = stage.connect(stage.options().connections); !connected)
    return connected.error();
  const auto queue = stage.create("queues", "{}");
  if (!queue) return queue.error();
  const std::uint64_t backlog = stage.options().backlog != 0 ? stage.options().backlog : kBacklog;

  Report report;
  const auto note = [&](const std::string& name, std::uint64_t messages) {
    Result& result = report.results.emplace_back();
    result.name = name;
    result.messages = messages;
    result.resident_bytes = stage.resident_bytes();
  };
  note("idle", 0);
  const auto filled = fill_queue(stage, *queue, backlog);
  if (!filled) return filled.error();
  note("waiting", *filled);

  Shape shape = stage.options().shape;
  shape.encoding = Encoding::protobuf;
  shape.batch = kFillBatch;
  constexpr std::uint64_t kHour = 3600;
  Repeat receive(render_request(stage.world().target, "POST", *queue + "/receive",
                                content_type(shape.encoding), receive_body(shape, kHour)),
                 shape.batch);
  const std::uint64_t taken = std::min(kInFlight, *filled);
  if (auto done = stage.pass(receive, taken, "receiving"); !done) return done.error();
  note("in flight", taken);
  const auto left = left_in(stage, *queue);
  if (!left) return left.error();
  report.verified = Verified{*filled, taken, *filled - std::min(*filled, *left), 0};
  return report;
}

}  // namespace twofold::bench
