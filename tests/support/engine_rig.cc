#include "tests/support/engine_rig.h"

#include <utility>

namespace twofold::test {

using namespace engine;

EngineRig::EngineRig(FileSystem& files, EngineOptions options)
    : files_(files), options_(std::move(options)) {
  threads.add(core_thread);
  threads.add(writer_thread);
  threads.add(pool_thread);
}

EngineRig::~EngineRig() { kill(); }

EngineOptions EngineRig::small() {
  EngineOptions options;
  options.core.checkpoint_bytes = 1 << 20;
  options.core.journal_files = 3;
  options.core.segment_bytes = 256 << 10;
  options.core.tail_cache_bytes = 64 << 10;
  options.core.free_bytes_min = 1;
  options.journal.file_bytes = 1 << 20;
  return options;
}

Result<RecoveryReport> EngineRig::start(const std::function<void(Core&)>& build) {
  EngineWorld world{files_, core_thread, writer_thread, pool_thread, clock, random};
  auto opened = Engine::open(world, options_);
  if (!opened) return opened.error();
  engine_ = std::move(*opened);
  build(engine_->core());
  auto report = engine_->recover();
  idle();
  return report;
}

void EngineRig::kill() {
  core_thread.drop_all();
  writer_thread.drop_all();
  pool_thread.drop_all();
  engine_.reset();
}

void EngineRig::stop() {
  bool stopped = false;
  turn([&] { engine_->stop([&] { stopped = true; }); });
  TF_CHECK(stopped);
  kill();
}

void EngineRig::turn(const std::function<void()>& work) {
  core_thread.run([&] { work(); });
  idle();
}

void EngineRig::turn_only(const std::function<void()>& work) { core_thread.post(work); core_thread.step(); }

}  // namespace twofold::test
