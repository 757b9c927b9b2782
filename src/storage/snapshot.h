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
/// How   Superblocks are taken first and looked at again at the end. The checkpoint that was the
/// newest keeps what it needs until there are two newer ones: with one at most in between the copy
/// holds together, else it begins again. Journal files are copied newest first, so that what is
/// missing is always the end. Segments never change and are opened before they are copied: one that
/// is removed meanwhile stays readable.
/// Blocking. Errors: not_ours (there is no superblock), invalid_request (`to` has files), overloaded
/// (checkpoints came in between too often), io. Files that were begun are removed.
engine::Result<Snapshot> take_snapshot(engine::FileSystem& from, engine::FileSystem& to);

}  // namespace twofold::storage
