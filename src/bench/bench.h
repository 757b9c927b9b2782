#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/bench/histogram.h"
#include "src/bench/http_text.h"
#include "src/bench/payload.h"
#include "src/config/outcome.h"

namespace twofold::bench {

enum class Protocol { rest, sqs };

struct Options {
  Protocol protocol = Protocol::rest;
  std::size_t connections = 64;
  std::uint64_t msgs = 100'000;
  std::optional<std::chrono::nanoseconds> duration;  // instead of msgs
  std::chrono::nanoseconds warmup = std::chrono::seconds(1);
  Shape shape;
  std::optional<double> rate;  // messages a second: open loop
  std::uint64_t backlog = 0;   // queue: messages waiting before the measurement
  std::uint64_t count = 1000;  // queues, waiters: how many queues
  double rate_each = 1;        // queues: messages for each a second
  std::uint64_t partitions = 1;
  std::uint64_t page_bytes = 1 << 20;
  std::uint64_t groups = 0;              // sqs: message groups of a FIFO queue; 0: a standard queue
  std::vector<std::size_t> sqs_batches;  // sqs: one row for each
  std::uint64_t keep_every = 0;          // churn: of so many messages one is never deleted
  std::uint64_t slow_every = 0;          // fanout: of so many subscribers one never reads
  bool keep = false;
};

/// One measured phase.
struct Result {
  std::string name;  // of the phase
  std::uint64_t messages = 0;
  std::uint64_t requests = 0;
  std::chrono::nanoseconds elapsed{};
  Histogram latency;  // of one request, or of one cycle where the name says so
  std::size_t message_bytes = 0;
  std::optional<double> server_cpu_seconds;
  double generator_cpu_seconds = 0;
  std::optional<std::uint64_t> resident_bytes;  // of the broker, afterwards
  std::vector<std::string> notes;
};

/// What became of every message of the run. A broker that loses or repeats any has no throughput
/// worth printing.
struct Verified {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t misordered = 0;  // FIFO queues: before an earlier message of the same group
};

struct Report {
  std::vector<Result> results;
  Verified verified;
};

/// One request; the body of a 2xx answer. Blocks.
using Ask = std::function<Outcome<std::string>(const std::string& method, const std::string& path,
                                               const std::string& body)>;

/// The surroundings of a run.
struct World {
  Target target;
  /// On a connection of its own, for setting up and looking; goes on after Ctrl-C.
  Ask ask;
  /// A connection of the caller's own, open with its first request and closed with its last copy;
  /// ends early when stopped. One thread each, and none while another calls `ask`.
  std::function<Ask()> connect;
  /// The same for one action of Amazon SQS, parameters and answer in JSON.
  std::function<Outcome<std::string>(const Target& target, const std::string& action,
                                     const std::string& parameters)>
      ask_sqs;
  /// What the server's process has used; empty: /metrics says it.
  std::function<std::optional<double>()> cpu_seconds;
  std::function<std::optional<std::uint64_t>()> resident_bytes;
  /// Of the broker's data directory, where that is known.
  std::function<std::optional<std::uint64_t>()> disk_bytes;
  std::function<bool()> stopped;
  std::function<void(const std::string& line)> progress;
};

/// Whether there is a workload of that name.
bool is_workload(const std::string& name);

/// Runs the workload named "publish", "fetch", "latency", "queue", "waiting", "queues", "memory",
/// "waiters", "expiry", "churn", "stream" or "fanout" against a running broker (no other name may
/// be given), in resources of its own that are deleted afterwards. Of a protocol other than REST
/// there are "queue" and "waiters" only, against whatever speaks it.
Outcome<Report> run(const std::string& workload, const Options& options, const World& world);

}  // namespace twofold::bench
