#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/base/manual_executor.h"
#include "engine/base/simulated_file_system.h"
#include "engine/engine.h"
#include "engine/namespaces.h"
#include "engine/requests.h"
#include "log/groups.h"
#include "log/topics.h"
#include "queue/queues.h"

namespace twofold::test {

/// A pool of two threads: which of them does a piece of work, a seed decides.
class TwoThreads final : public engine::Executor {
 public:
  TwoThreads(engine::ManualClock& clock, engine::Random& random)
      : random_(random), one_(clock), other_(clock) {}
  void post(engine::UniqueFunction<void()> work) override {
    (random_.below(2) == 0 ? one_ : other_).post(std::move(work));
  }
  void add_to(engine::ManualThreads& threads) {
    threads.add(one_);
    threads.add(other_);
  }
  void drop_all() {
    one_.drop_all();
    other_.drop_all();
  }

 private:
  engine::Random& random_;
  engine::ManualExecutor one_;
  engine::ManualExecutor other_;
};

/// One life of a whole broker: engine, topics, groups and queues on threads whose turns a seed
/// decides, over a disk and a clock that outlive it. Destroying it is what a kill leaves: the
/// files.
class BrokerRig {
 public:
  /// Where its topics, groups and queues are.
  enum class Where { default_namespace, a_namespace };

  BrokerRig(engine::SimulatedFileSystem& disk, engine::ManualClock& clock, engine::Random& random,
            engine::EngineOptions options = tiny(), Where where = Where::default_namespace)
      : disk_(disk), clock_(clock), random_(random), options_(options), where_(where) {
    threads_.add(core_thread_);
    threads_.add(writer_thread_);
    pool_.add_to(threads_);
  }
  ~BrokerRig() { kill(); }

  /// Journal files of 64 KiB, segments of 32 KiB: drains, checkpoints and rewrites all the time.
  static engine::EngineOptions tiny() {
    engine::EngineOptions options;
    options.core.gathered_bytes_max = 192 << 10;
    options.core.tail_cache_bytes = 32 << 10;
    options.core.checkpoint_bytes = 96 << 10;
    options.core.journal_files = 2;
    options.core.segment_bytes = 32 << 10;
    options.core.free_bytes_min = 8 << 10;
    options.journal.file_bytes = 64 << 10;
    return options;
  }

  /// Opens and recovers; no thread has run yet when it returns. After an error: kill().
  engine::Result<engine::RecoveryReport> start() {
    auto opened = engine::Engine::open(
        engine::EngineWorld{disk_, core_thread_, writer_thread_, pool_, clock_, random_}, options_);
    if (!opened) return opened.error();
    engine_ = std::move(*opened);
    namespaces_ = std::make_unique<engine::Namespaces>(
        core(), [this](const std::string&, engine::Core& its) { build(its); });
    if (where_ == Where::default_namespace) build(core());
    auto report = engine_->recover();
    running_ = report.has_value();
    if (running_ && !topics_) core_thread_.run([this] { namespaces_->make("tenant"); });
    return report;
  }

  void kill() {
    running_ = false;
    core_thread_.drop_all();
    writer_thread_.drop_all();
    pool_.drop_all();
    requests_.reset();
    queues_.reset();
    groups_.reset();
    topics_.reset();
    namespaces_.reset();
    engine_.reset();
  }

  /// An orderly stop; false when it could not come to its end.
  bool stop() {
    bool stopped = false;
    core_thread_.post([&] { engine_->stop([&] { stopped = true; }); });
    idle();
    kill();
    return stopped;
  }

  bool running() const { return running_; }
  /// One piece of work on one of the threads; false when nobody has any.
  bool step() { return threads_.step(); }
  void idle() { threads_.run_until_idle(1'000'000); }
  /// Queues `work` on the core, behind what waits there.
  void on_core(engine::UniqueFunction<void()> work) { core_thread_.post(std::move(work)); }

  engine::CoreImpl& core() { return engine_->core(); }
  log::Topics& topics() { return *topics_; }
  log::Groups& groups() { return *groups_; }
  queue::Queues& queues() { return *queues_; }
  engine::Requests& requests() { return *requests_; }
  engine::ManualClock& clock() { return clock_; }

  /// What a checkpoint would say of the rooms.
  std::string snapshot() const {
    std::string bytes;
    engine::ByteWriter out(bytes);
    groups_->snapshot(out);
    queues_->snapshot(out);
    requests_->snapshot(out);
    return bytes;
  }

 private:
  void build(engine::Core& core) {
    topics_ = std::make_unique<log::Topics>(core);
    log::GroupsOptions keep;  // weeks pass in a moment: what a model would have to forget, is kept
    keep.offsets_retention = std::chrono::hours{24 * 36'500};
    groups_ = std::make_unique<log::Groups>(core, *topics_, keep);
    queues_ = std::make_unique<queue::Queues>(core);
    requests_ = std::make_unique<engine::Requests>(core, engine::RequestLimits{});
  }

  engine::SimulatedFileSystem& disk_;
  engine::ManualClock& clock_;
  engine::Random& random_;
  const engine::EngineOptions options_;
  const Where where_;
  engine::ManualExecutor core_thread_{clock_};
  engine::ManualExecutor writer_thread_{clock_};
  TwoThreads pool_{clock_, random_};
  engine::ManualThreads threads_{clock_, &random_};
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Namespaces> namespaces_;
  std::unique_ptr<log::Topics> topics_;
  std::unique_ptr<log::Groups> groups_;
  std::unique_ptr<queue::Queues> queues_;
  std::unique_ptr<engine::Requests> requests_;
  bool running_ = false;
};

}  // namespace twofold::test
