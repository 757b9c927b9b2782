#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/file_system.h"
#include "engine/superblock.h"

namespace twofold::engine {

/// A consistent snapshot of everything the core knows, taken between two blocks.
struct PendingCheckpoint {
  CheckpointRef ref;  ///< bytes and crc are filled in by store_checkpoint()
  std::string state;
};

/// "checkpoints/0000000000000007.ckpt".
std::string checkpoint_file_name(std::uint64_t id);

/// Writes the checkpoint whole to a new file, synced with its name, reads it back and verifies it.
/// Blocking. Returns the reference for the superblock.
Result<CheckpointRef> store_checkpoint(FileSystem& fs, const PendingCheckpoint& checkpoint);

/// The state that a reference promises; data_damaged when the file is missing, cut, or other bytes,
/// newer_version when it is what was promised, but of a format that this program does not read.
Result<std::string> load_checkpoint_file(FileSystem& fs, const CheckpointRef& ref);

/// The versions of the file and of the state in it, without reading all of it when they are known.
/// Errors: newer_version. A file that does not verify has no version: that is no error here.
Result<> check_checkpoint_version(FileSystem& fs, const CheckpointRef& ref);

/// Removes checkpoint files that neither reference names. Blocking.
void remove_old_checkpoints(FileSystem& fs, const Superblock& superblock);

}  // namespace twofold::engine
