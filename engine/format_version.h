#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/file_system.h"

namespace twofold::engine {

struct Superblock;

/// The versions of one kind of file, or of one structure inside, that this program reads. It writes
/// the newest.
struct FormatVersions {
  std::uint32_t oldest;
  std::uint32_t newest;

  bool has(std::uint32_t version) const { return oldest <= version && version <= newest; }
};

inline constexpr FormatVersions kBlockVersions{1, 2};
inline constexpr FormatVersions kCheckpointStateVersions{2, 5};
inline constexpr FormatVersions kJournalFileVersions{1, 1};
inline constexpr FormatVersions kSegmentVersions{1, 1};

/// A sound structure of a version that is not among `known`: which file, what was found, what can
/// be read, what to do. Nullopt when it can be read. Error: newer_version.
std::optional<Error> refuse_version(std::string_view file, std::string_view structure,
                                    std::uint32_t found, FormatVersions known);

/// Looks at the version of every file that a start would read: the superblocks, the two
/// checkpoints, each journal file with its first block, and each segment with both its footers.
/// Changes nothing. What does not verify says nothing about its version and is passed over: whoever
/// reads it finds the damage. Blocking. Errors: newer_version, io.
Result<> check_format_versions(FileSystem& files, const Superblock& superblock);

}  // namespace twofold::engine
