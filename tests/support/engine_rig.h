#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/manual_executor.h"
#include "engine/base/memory_file_system.h"
#include "engine/engine.h"

namespace twofold::test {

/// An engine whose threads run when a test says so, on files that outlive it.
///
/// start() opens and recovers; kill() is what a killed process leaves: nothing but the files.
class EngineRig {
 public:
  explicit EngineRig(engine::FileSystem& files, engine::EngineOptions options = small());
  ~EngineRig();

  /// Journal files of 1 MiB, segments of 256 KiB: everything turns over soon.
  static engine::EngineOptions small();

  /// Opens; `build` may attach rooms before recovery.
  engine::Result<engine::RecoveryReport> start(
      const std::function<void(engine::Core&)>& build = [](engine::Core&) {});
  void kill();
  /// An orderly stop.
  void stop();

  engine::CoreImpl& core() { return engine_->core(); }
  engine::Engine& engine() { return *engine_; }
  /// Runs `turn` on the core, then everything that follows from it on all threads.
  void turn(const std::function<void()>& turn);
  /// Runs `turn` on the core, and nothing else yet.
  void turn_only(const std::function<void()>& turn);
  void idle() { threads.run_until_idle(); }
  void pass(engine::Duration time) { threads.run_for(time); }

  engine::ManualClock clock;
  engine::SeededRandom random{7};
  engine::ManualExecutor core_thread{clock};
  engine::ManualExecutor writer_thread{clock};
  engine::ManualExecutor pool_thread{clock};
  engine::ManualThreads threads{clock};

 private:
  engine::FileSystem& files_;
  engine::EngineOptions options_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace twofold::test
