#pragma once

#include <memory>
#include <string>

#include "src/bench/bench.h"
#include "src/bench/load.h"

namespace twofold::bench {

/// A driver that counts. One pass ends when enough messages were asked for, or its time is over;
/// what was begun is finished.
class Workload : public Driver {
 public:
  /// Starts a pass; nothing that was counted before remains, except totals for verification.
  void begin(std::optional<std::uint64_t> messages, std::optional<std::chrono::nanoseconds> lasts);
  void stop() { over_ = true; }

  std::uint64_t messages() const { return messages_; }
  std::uint64_t requests() const { return requests_; }
  /// Of the answers' bodies.
  std::uint64_t answer_bytes() const { return answer_bytes_; }
  const Histogram& latency() const { return latency_; }

 protected:
  /// Claims up to `wanted` messages for a request; 0 when the pass is over.
  std::uint64_t claim(std::uint64_t wanted);
  void count(std::uint64_t messages, std::chrono::nanoseconds latency);
  void count_request(std::size_t answer_bytes = 0) {
    ++requests_;
    answer_bytes_ += answer_bytes;
  }

 private:
  std::optional<std::uint64_t> left_;
  std::optional<std::chrono::nanoseconds> lasts_;
  engine::Stopwatch since_begin_;
  bool over_ = false;
  std::uint64_t claims_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t answer_bytes_ = 0;
  Histogram latency_;
};

/// What all workloads share: connections, resources that are cleaned up, passes that are measured.
class Stage {
 public:
  Stage(const Options& options, const World& world) : options_(options), world_(world) {}
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Creates a topic or queue of a name nobody else has; deleted with the stage unless --keep.
  Outcome<std::string> create(const std::string& kind, const std::string& body);

  Outcome<Done> connect(std::size_t lanes) { return load_.connect(world_.target, lanes); }

  /// Warms up, then measures one pass as the options say, but of no fewer than `messages_min`.
  Outcome<Result> measure(const std::string& name, Workload& workload, std::size_t depth = 1,
                          std::uint64_t messages_min = 0);

  /// Runs one pass of exactly `messages`, not measured.
  Outcome<Done> pass(Workload& workload, std::uint64_t messages, const std::string& doing,
                     std::size_t depth = 1);

  /// Called about every second of every pass.
  void each_second(std::function<void()> hook) { each_second_ = std::move(hook); }

  /// A figure of GET /metrics, or nothing when it is not there.
  std::optional<double> metric(const std::string& name) const;
  std::optional<std::uint64_t> resident_bytes() const;
  std::optional<double> cpu_seconds() const;

  const Options& options() const { return options_; }
  const World& world() const { return world_; }

 private:
  Load::Options load_options(Workload& workload, const std::string& doing, std::size_t depth,
                             bool paced);

  const Options& options_;
  const World& world_;
  Load load_;
  std::vector<std::string> paths_;  // of what was created
  std::function<void()> each_second_;
};

/// What a pass costs, counted from the meter's making.
class Meter {
 public:
  explicit Meter(const Stage& stage);
  /// Says the time, both processes' CPU and the broker's memory.
  void read(Result& result) const;

 private:
  const Stage& stage_;
  std::optional<double> server_cpu_;
  double own_cpu_;
  engine::Stopwatch watch_;
};

/// Once a second in a loop of a workload's own: tells how far it is, and whether to go on.
class Teller {
 public:
  explicit Teller(const Stage& stage) : stage_(stage) {}
  Outcome<Done> tell(const std::function<std::string()>& line);

 private:
  const Stage& stage_;
  engine::Stopwatch since_;
};

/// An answer that is no success, as the reason to end the run.
Refused refused_by_broker(const Reply& reply);

// The workloads, each in a file of its own name.
Outcome<Report> run_publish(Stage& stage);
Outcome<Report> run_fetch(Stage& stage);
Outcome<Report> run_queue(Stage& stage);
Outcome<Report> run_waiting(Stage& stage);
Outcome<Report> run_queues(Stage& stage);
Outcome<Report> run_memory(Stage& stage);
Outcome<Report> run_waiters(Stage& stage);
Outcome<Report> run_expiry(Stage& stage);
Outcome<Report> run_churn(Stage& stage);
Outcome<Report> run_stream(Stage& stage);
Outcome<Report> run_fanout(Stage& stage);
/// A stage for each row.
Outcome<Report> run_sqs(const Options& options, const World& world);

/// Fills a topic or a queue: POSTs the same body again and again.
class Repeat final : public Workload {
 public:
  Repeat(std::string request, std::size_t batch) : request_(std::move(request)), batch_(batch) {}
  std::string_view next(std::size_t lane) override;
  Outcome<Done> answered(std::size_t lane, const Reply& reply) override;
  /// Over all passes.
  std::uint64_t stored() const { return stored_; }

 private:
  std::string request_;
  std::size_t batch_;
  std::uint64_t stored_ = 0;
};

/// How many messages the options' rate is in requests of `batch`.
std::optional<double> request_rate(const Options& options);

}  // namespace twofold::bench
