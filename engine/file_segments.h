#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/base/file_system.h"
#include "engine/segment_store.h"

namespace twofold::engine {

struct FileSegmentsOptions {
  std::string directory = "segments";
  std::string orphans = "orphans";
  std::size_t index_bytes_max = 64u << 20;  ///< of tables and indexes kept in memory
};

/// Segments as files of a file system: the real one, one in memory, or the simulated one.
///
/// Names   16 hex digits and ".seg". While it is written a segment is called ".seg.tmp"; one that
/// is
///         about to go is called ".seg.del". Neither exists for list().
/// Threads any; two writers of one id, or a writer and a remover, are the caller's mistake.
/// `files` must outlive the store and its writers; segments may outlive both.
Result<std::unique_ptr<SegmentStore>> open_segments(FileSystem& files,
                                                    FileSegmentsOptions options = {});

}  // namespace twofold::engine
