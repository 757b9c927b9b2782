#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/file_system.h"
#include "engine/block.h"
#include "engine/entry.h"

namespace twofold::storage {

/// Hears what stands in one file, in the order of its bytes. What is not overridden is not of
/// interest.
class FileVisitor {
 public:
  virtual ~FileVisitor() = default;
  virtual void on_block(std::uint64_t /*at*/, const engine::BlockHeader&) {}
  virtual void on_entry(std::uint64_t /*at*/, const engine::Entry&) {}
  /// Bytes from `at` on that should verify and do not; `upto` is where sound ones follow, or the
  /// end.
  virtual void on_damage(std::uint64_t /*at*/, std::uint64_t /*upto*/, const std::string& /*why*/) {
  }
};

/// Whether payloads are read, too: blocks alone are a 4 KiB read each.
enum class WalkDepth { blocks, entries };

/// Walks the blocks of a journal file and what is in them. Ends where nothing of this life of the
/// file follows, which may be a torn write: no file can say that by itself. Blocking. Errors:
/// newer_version, io.
engine::Result<> walk_journal_file(engine::FileSystem& files, const std::string& name,
                                   WalkDepth depth, FileVisitor& visitor);

/// Walks the entries of a segment, and looks at its header and footers. Likewise.
engine::Result<> walk_segment(engine::FileSystem& files, const std::string& name,
                              FileVisitor& visitor);

/// One file of a data directory and what it holds.
struct FileSummary {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t used = 0;       ///< journal: up to the end of its last block
  std::uint64_t first_seq = 0;  ///< journal: of its blocks; 0: it has none
  std::uint64_t last_seq = 0;
  std::uint64_t batches = 0;  ///< segment, as its footer says
  std::uint64_t logs = 0;
  std::string trouble;  ///< why less is known
};

/// Every file but the lock, in the order of names, one after the other to `each`. Reads headers and
/// footers only.
engine::Result<> summarize_files(engine::FileSystem& files,
                                 const std::function<void(const FileSummary&)>& each);

}  // namespace twofold::storage
