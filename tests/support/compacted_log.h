#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/simulated_file_system.h"
#include "engine/record_batch.h"
#include "tests/support/engine_rig.h"

namespace twofold::test {

/// One log that is compacted, on a disk that may fail, and beside it what its clients were told.
///
/// The promise that tests check, at any time: of each key the newest acknowledged record is there,
/// or one that was sent after it; or nothing of the key, when that newest one is a tombstone. What
/// is there was sent as it is, at the offset it was given, in that order. And whoever asks from where
/// on no record is missing is told the truth.
///
/// With a neighbour, another log that nobody cleans shares the journal and the segments: all that it
/// was given stays.
class CompactedLog {
 public:
  static constexpr engine::LogId kLog{1};
  static constexpr engine::LogId kNeighbour{2};

  explicit CompactedLog(engine::SimulatedFileSystem& disk, std::size_t map_bytes = 1 << 20,
                        bool has_neighbour = false);

  engine::Result<engine::RecoveryReport> start();
  /// Without a value: a tombstone. True when it was acknowledged.
  bool put(const std::string& key, bool tombstone = false, std::size_t bytes = 200);
  /// A record without a key.
  bool put_keyless();
  /// Cleans up to the visible end, or as far as it comes before the power goes.
  engine::Result<engine::Cleaned> clean(engine::Duration tombstones = std::chrono::hours{1});
  void pass(engine::Duration time) { rig_->pass(time); }

  void kill();
  void crash(engine::Random& random);

  /// A record that can be read.
  struct Found {
    engine::Offset offset;
    std::optional<std::string> key;
    bool tombstone;
    int number;  ///< of the put
  };
  /// Every record there is, read in portions; nullopt after a read that failed.
  std::optional<std::vector<Found>> read(std::size_t portion = 4096,
                                         engine::LogId log = kLog);
  /// What is not as promised; empty: nothing.
  std::string broken_promise();
  /// The keys of all records, in order: for stories.
  std::string keys();

  EngineRig& rig() { return *rig_; }
  engine::CleaningStatus cleaning();
  int sent() const { return static_cast<int>(puts_.size()); }

 private:
  struct Put {
    std::optional<std::string> key;
    bool tombstone;
    engine::Offset offset;
    bool acknowledged;
  };
  bool append(std::optional<std::string> key, bool tombstone, std::size_t bytes);
  std::string broken_promise_to_neighbour();
  /// Whether an offset that is missing lies where none should be; empty: it does not.
  std::string wrong_holes(const std::vector<Found>& found);

  engine::SimulatedFileSystem& disk_;
  const bool has_neighbour_;
  engine::EngineOptions options_;
  std::unique_ptr<EngineRig> rig_;
  std::vector<Put> puts_;
  std::vector<Put> neighbours_;
  engine::WallTime wall_{engine::ManualClock{}.wall()};  ///< goes on over restarts
};

}  // namespace twofold::test
