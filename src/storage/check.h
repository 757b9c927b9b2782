#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/file_system.h"

namespace twofold::storage {

/// What is in a data directory, as far as its own checksums say.
struct Findings {
  std::uint64_t generation = 0;  ///< of the newer superblock that verifies
  bool was_clean = false;        ///< the last stop was orderly
  std::uint64_t checkpoints = 0;
  std::uint64_t blocks = 0;  ///< of the journal, behind the newest checkpoint
  std::uint64_t journal_bytes = 0;
  bool torn_tail = false;  ///< a write that nobody was told about: not damage
  std::uint64_t segments = 0;
  std::uint64_t segment_bytes = 0;
  std::uint64_t batches = 0;
  std::vector<std::string> damage;  ///< one sentence each
};

/// Reads everything in a data directory and verifies it; changes nothing. No broker may run on it.
/// Blocking. Errors: not_ours (there is no superblock), busy (a broker holds the lock),
/// newer_version, io.
engine::Result<Findings> check_storage(engine::FileSystem& files);

/// The same of what was written last, and less to read: superblocks, checkpoints, the journal
/// behind the newest of them, the newest segment. Takes no lock, so that nothing is written: what a
/// broker does meanwhile may look like damage.
engine::Result<Findings> check_newest(engine::FileSystem& files);

}  // namespace twofold::storage
