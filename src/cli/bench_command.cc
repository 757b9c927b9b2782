#include <fmt/format.h>

#include "src/bench/bench.h"
#include "src/bench/report.h"
#include "src/bench/sqs_text.h"
#include "src/bench/stream_frames.h"
#include "src/cli/bench_world.h"
#include "src/cli/handlers.h"
#include "src/cli/interrupt.h"
#include "src/cli/process_usage.h"
#include "src/cli/session.h"

namespace twofold::cli {
namespace {

struct Defaults {
  std::string_view workload;
  std::size_t connections;
  std::uint64_t msgs;
};
// Enough of each for a run of a few seconds.
constexpr Defaults kDefaults[] = {
    {"publish", 64,    200'000   },
    {"latency", 1,     2'000     },
    {"fetch",   4,     10'000'000},
    {"queue",   64,    100'000   },
    {"waiting", 64,    100'000   },
    {"queues",  64,    100'000   },
    {"memory",  16,    0         },
    {"waiters", 1'000, 0         },
    {"expiry",  16,    0         },
    {"churn",   16,    0         },
    {"stream",  1,     2'000'000 },
    {"fanout",  1'000, 0         },
};

Defaults defaults_of(const std::string& workload) {
  for (const Defaults& defaults : kDefaults) {
    if (defaults.workload == workload) return defaults;
  }
  return kDefaults[0];
}

// What only the SQS rows have, and what they have not.
Tried<> apply_sqs(const std::string& workload, const Args& args, bench::Options& options) {
  if (workload != "queue" && workload != "waiters")
    return usage("--protocol sqs: there are only the workloads queue and waiters");
  if (args.has("format") || args.has("durability")) {
    return usage("--format and --durability belong to REST", "leave them out with --protocol sqs");
  }
  options.protocol = bench::Protocol::sqs;
  options.shape.size = args.size("size").value_or(100);
  if (options.shape.size < bench::kSqsBodyMin) {
    return usage(
        fmt::format("--size: at least {} bytes, for the message's number", bench::kSqsBodyMin));
  }
  options.groups = args.count("groups").value_or(0);
  if (workload == "waiters") return Done{};
  options.sqs_batches = {1, 10};
  if (args.has("batch")) options.sqs_batches = {options.shape.batch};
  if (options.sqs_batches.back() > 10)
    return usage("--batch: SQS has 1 to 10 messages in a request");
  return Done{};
}

// What belongs to one workload only.
Tried<bench::Options> apply_special(const std::string& workload, const Args& args,
                                    bench::Options options) {
  constexpr std::uint64_t kExpiring = 1'000'000, kPassing = 1 << 30, kKeepEvery = 10'000;
  if (workload == "waiters") {
    options.count = args.count("count").value_or(1);
    if (options.shape.size < bench::kSqsBodyMin)
      return usage(fmt::format("--size: at least {} bytes", bench::kSqsBodyMin));
    if (options.count == 0) return usage("--count: there must be a queue");
  }
  if (workload == "expiry" && options.backlog == 0) options.backlog = kExpiring;
  if (workload == "churn") {
    options.shape.size = args.size("size").value_or(64 << 10);
    options.shape.batch = args.count("batch").value_or(16);
    options.msgs =
        args.size("bytes").value_or(kPassing) / std::max<std::size_t>(options.shape.size, 1);
    options.keep_every = args.count("keep-every").value_or(kKeepEvery);
    if (!args.has("warmup")) options.warmup = std::chrono::nanoseconds(0);
  } else if (args.has("bytes") || args.has("keep-every") || args.has("data")) {
    return usage("--bytes, --keep-every and --data belong to the workload churn");
  }
  if (workload == "stream" || workload == "fanout") {
    if (options.shape.size < bench::kMarkBytes)
      return usage(
          fmt::format("--size: at least {} bytes, for time and number", bench::kMarkBytes));
    if (workload == "stream" && !args.has("batch")) options.shape.batch = 100;
  }
  options.slow_every = args.count("slow-every").value_or(0);
  if (options.slow_every != 0 && workload != "fanout")
    return usage("--slow-every belongs to the workload fanout");
  return options;
}

Tried<bench::Options> options_of(const std::string& workload, const Args& args) {
  const Defaults defaults = defaults_of(workload);
  bench::Options options;
  options.connections = args.count("connections").value_or(defaults.connections);
  options.msgs = args.count("msgs").value_or(defaults.msgs);
  if (const auto duration = args.duration("duration")) options.duration = *duration;
  if (const auto warmup = args.duration("warmup")) options.warmup = *warmup;
  options.rate = args.rate("rate");
  options.shape.size = args.size("size").value_or(256);
  options.shape.batch = args.count("batch").value_or(1);
  options.shape.durability = args.text("durability");
  options.backlog = args.count("backlog").value_or(0);
  options.count = args.count("count").value_or(1000);
  options.rate_each = args.rate("rate-each").value_or(1);
  options.partitions = args.count("partitions").value_or(1);
  options.page_bytes = args.size("page").value_or(1 << 20);
  options.keep = args.has("keep");

  const std::string format = args.has("format") ? args.text("format") : "json";
  if (format != "json" && format != "protobuf") {
    return usage(fmt::format("--format: \"{}\" is not json or protobuf", format));
  }
  options.shape.encoding = format == "json" ? bench::Encoding::json : bench::Encoding::protobuf;
  if (options.connections == 0 || options.connections > 10'000) {
    return usage("--connections: there must be 1 to 10000");
  }
  if (options.shape.batch == 0 || options.shape.batch > 1000) {
    return usage("--batch: there must be 1 to 1000 messages in a request");
  }
  if (args.has("duration") && args.has("msgs")) {
    return usage("--duration and --msgs both say when to stop", "give one of them");
  }
  const std::string protocol = args.has("protocol") ? args.text("protocol") : "rest";
  if (protocol != "rest" && protocol != "sqs") {
    return usage(fmt::format("--protocol: \"{}\" is not rest or sqs", protocol));
  }
  if (protocol == "sqs") {
    if (auto applied = apply_sqs(workload, args, options); !applied) return applied.error();
  } else if (args.has("groups")) {
    return usage("--groups belongs to --protocol sqs");
  }
  if (workload == "queues") options.rate = static_cast<double>(options.count) * options.rate_each;
  return apply_special(workload, args, options);
}

// Fails with the usual words when nobody listens there.
Tried<> find_server(Session& session, HttpClient& client, const bench::Target& target,
                    bench::Protocol protocol) {
  if (protocol == bench::Protocol::sqs) {
    const auto alive = client.send(bench_sqs_request(target, "ListQueues", "{}"));
    if (!alive) return alive.error();
    const bool refused = alive->status == 400 || alive->status == 401 || alive->status == 403;
    if (!refused || target.sqs_key) return Done{};
    return Failure(ExitCode::not_authorised, "the server wants signed requests",
                   "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; twofold key create --sqs makes such "
                   "a key");
  }
  if (const auto alive = session.api().call(ApiCall("GET", "/v1")); !alive) return alive.error();
  return Done{};
}

}  // namespace

Tried<> run_bench(Session& session, const Args& args) {
  std::string workload = args.text("workload");
  if (workload.empty() && args.text("protocol") == "sqs") workload = "queue";
  if (!bench::is_workload(workload)) {
    return usage(workload.empty() ? "WORKLOAD is missing"
                                  : fmt::format("\"{}\" is not a workload", workload),
                 "there are publish, fetch, latency, queue, waiting, queues, memory, waiters, "
                 "expiry, churn, stream and fanout; and: twofold bench compare");
  }
  const auto options = options_of(workload, args);
  if (!options) return options.error();
  const bool as_json =
      args.has("json") || session.format() == Format::json || session.format() == Format::jsonl;
  InterruptGuard guard;
  HttpClient client(session.endpoint(), session.token());
  bench::World world = bench_world(session, client);
  if (auto tls = speak_tls(session, world); !tls) return tls.error();
  if (const auto pid = args.count("server-pid")) {
    world.cpu_seconds = [pid = static_cast<int>(*pid)] { return cpu_seconds_of(pid); };
    world.resident_bytes = [pid = static_cast<int>(*pid)] { return resident_bytes_of(pid); };
  }
  if (args.has("data")) {
    world.disk_bytes = [directory = args.text("data")] { return disk_bytes_of(directory); };
  }
  if (options->protocol == bench::Protocol::sqs) {
    auto key = bench_sqs_key();
    if (!key) return key.error();
    world.target.sqs_key = *std::move(key);
  }
  if (auto found = find_server(session, client, world.target, options->protocol); !found)
    return found.error();
  const auto device = bench_device(args, session.terminal());
  session.terminal().note(bench::header_text(workload, *options));
  const auto report = bench::run(workload, *options, world);
  session.terminal().progress("");
  if (const auto signal = interrupted()) return Failure::silent(*signal);
  if (!report) return Failure(ExitCode::failed, report.error().why);
  session.terminal().out(as_json ? bench::report_json(workload, *options, *report, device) + "\n"
                                 : bench::report_text(*report, device));
  const bench::Verified& verified = report->verified;
  if (verified.lost > 0 || verified.duplicated > 0 || verified.misordered > 0) {
    return Failure(ExitCode::failed, "messages were lost, duplicated or out of order");
  }
  return Done{};
}

}  // namespace twofold::cli
