#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/file_system.h"
#include "engine/base/random.h"
#include "engine/core_impl.h"
#include "engine/file_journal.h"
#include "engine/segment_store.h"
#include "engine/superblock.h"

namespace twofold::engine {

struct EngineOptions {
  CoreOptions core;
  FileJournalOptions journal;
};

/// What a start found, for one line in the log.
struct RecoveryReport {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
  bool torn_tail = false;
  bool was_clean = false;
  std::vector<DamagedBlocks> damaged;
};

/// The file that whoever opens a data directory locks first (FileSystem::lock).
inline constexpr char kLockName[] = "LOCK";

/// Threads and outside world of one shard. All of it outlives the engine.
struct EngineWorld {
  FileSystem& files;
  CoreExecutor& core;
  Executor& writer;  ///< the journal thread
  Executor& pool;    ///< segments, checkpoints, cold reads
  Clock& clock;
  Random& random;
};

/// One shard on one data directory: the journal, the segments and the core over them.
///
/// Use  open(), then build the rooms over core(), then recover(), then serve, then stop().
/// The caller holds the directory's lock.
/// Errors of open()  not_ours (there are files, but none of ours), newer_version, data_damaged, io.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(EngineWorld world, EngineOptions options);
  ~Engine();

  CoreImpl& core() { return *core_; }
  const FileJournal& journal() const { return *journal_; }
  /// Blocking; on the thread that is the core's, before it starts serving.
  Result<RecoveryReport> recover();
  void stop(UniqueFunction<void()> done) { core_->stop(std::move(done)); }

 private:
  Engine(EngineWorld world, EngineOptions options, Superblock superblock,
         std::unique_ptr<SegmentStore> segments);

  Superblock superblock_;
  bool was_clean_;
  SuperblockStore superblocks_;
  std::unique_ptr<SegmentStore> segments_;
  std::unique_ptr<FileJournal> journal_;
  std::unique_ptr<CoreImpl> core_;
};

}  // namespace twofold::engine
