#pragma once

#include <cstdint>

#include "engine/base/error.h"
#include "engine/base/file_system.h"

namespace twofold::storage {

struct Snapshot {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Copies the data directory `from` into the empty directory `to`, also while a broker runs on it:
/// what is copied is what a power cut at that moment would have left, everything acknowledged
/// before the call included. A broker started on the copy recovers from it as from any crash.
///
/// How   frozen.h. Segments never change and were opened before: they are copied at leisure.
/// Blocking. Errors: not_ours (there is no superblock), invalid_request (`to` has files),
/// overloaded (checkpoints came in between too often), io. What was begun is removed: `to` is as
/// empty as before.
engine::Result<Snapshot> take_snapshot(engine::FileSystem& from, engine::FileSystem& to);

}  // namespace twofold::storage
