#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "src/bench/compare/page.h"
#include "src/bench/compare/text.h"
#include "src/cli/bench_world.h"
#include "src/cli/handlers.h"
#include "src/cli/interrupt.h"
#include "src/cli/machine.h"

namespace twofold::cli {
namespace {

namespace compare = bench::compare;

Tried<compare::Plan> plan_of(const Args& args) {
  compare::Plan plan;
  plan.records = args.count("msgs").value_or(plan.records);
  plan.keys = args.count("keys").value_or(plan.keys);
  plan.partitions = args.count("partitions").value_or(plan.partitions);
  plan.workers = args.count("workers").value_or(plan.workers);
  plan.batch = args.count("batch").value_or(plan.batch);
  plan.value_bytes = args.size("size").value_or(plan.value_bytes);
  if (const auto service = args.duration("service")) plan.service = *service;
  if (const auto slow = args.duration("slow")) plan.slow = *slow;
  plan.slow_every = args.count("slow-every").value_or(0);
  plan.crash_every = args.count("crash-every").value_or(0);
  plan.rate = args.rate("rate");
  plan.visibility = args.duration("visibility");
  plan.seed = args.count("seed").value_or(plan.seed);
  plan.durability = args.text("durability");
  plan.keep = args.has("keep");
  const std::string order = args.has("order") ? args.text("order") : "none";
  if (order != "none" && order != "key") {
    return usage(fmt::format("--order: \"{}\" is not none or key", order));
  }
  plan.order_by_key = order == "key";
  if (args.has("slow") && plan.slow_every == 0) {
    return usage("--slow says how long, and --slow-every is missing", "add --slow-every 100");
  }
  if (auto checked = compare::check(plan); !checked) return usage(checked.error().why);
  return plan;
}

// Refused before anything is measured.
Tried<> check_report(const std::string& path) {
  if (!path.ends_with(".html") && !path.ends_with(".svg")) {
    return usage(fmt::format("--report: \"{}\" ends neither with .html nor with .svg", path));
  }
  const auto directory = std::filesystem::absolute(path).parent_path();
  if (!std::filesystem::is_directory(directory)) {
    return usage(fmt::format("--report: there is no directory {}", directory.string()));
  }
  return Done{};
}

Tried<> write_report(const std::string& path, const compare::Comparison& comparison) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << (path.ends_with(".svg") ? compare::svg_page(comparison) : compare::html_page(comparison));
  if (!file.flush()) return Failure(ExitCode::failed, fmt::format("{} cannot be written", path));
  return Done{};
}

// "Twofold 0.1.0": what the broker says of itself.
std::string broker_text(Session& session, const Answer& answer) {
  return fmt::format("Twofold {} at {}", answer["version"].string(),
                     session.endpoint().authority());
}

}  // namespace

Tried<> run_bench_compare(Session& session, const Args& args) {
  const auto plan = plan_of(args);
  if (!plan) return plan.error();
  const std::string path = args.text("report");
  if (args.has("report")) {
    if (auto checked = check_report(path); !checked) return checked;
  }
  const bool as_json =
      args.has("json") || session.format() == Format::json || session.format() == Format::jsonl;
  InterruptGuard guard;
  const auto broker = session.api().call(ApiCall("GET", "/v1"));
  if (!broker) return broker.error();
  HttpClient client(session.endpoint(), session.token());
  const bench::World world = bench_world(session, client);
  const auto device = bench_device(args, session.terminal());
  session.terminal().note(fmt::format("bench compare  {}", compare::plan_text(*plan)));

  auto traces = compare::run(*plan, world);
  session.terminal().progress("");
  if (const auto signal = interrupted()) return Failure::silent(*signal);
  if (!traces) return Failure(ExitCode::failed, traces.error().why);
  compare::Comparison comparison = compare::compared(*plan, *std::move(traces));
  comparison.device = device;
  comparison.machine = machine_text();
  comparison.broker = broker_text(session, *broker);

  const compare::Canvas canvas{terminal_has_unicode(), session.terminal().out_has_colour()};
  session.terminal().out(as_json ? compare::comparison_json(comparison) + "\n"
                                 : compare::comparison_text(comparison, canvas));
  if (args.has("report")) {
    if (auto written = write_report(path, comparison); !written) return written;
    session.terminal().note(fmt::format("report: {}", path));
  }
  if (comparison.queue.lost + comparison.log.lost > 0) {
    return Failure(ExitCode::failed, "records were lost");
  }
  return Done{};
}

}  // namespace twofold::cli
