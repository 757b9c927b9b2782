#pragma once

#include <memory>
#include <vector>

#include "engine/base/file_system.h"
#include "engine/segment_index.h"
#include "engine/segment_store.h"

namespace twofold::engine {

/// A segment in a file. Every byte is verified each time it is read. A stretch that does not verify
/// costs what lies in it: the batches before it are answered, then data_damaged names segment, log
/// and offsets (Error::number is the first offset behind it), and behind it all goes on.
class FileSegment final : public Segment {
 public:
  FileSegment(SegmentId id, std::shared_ptr<File> file, std::uint64_t file_bytes,
              std::shared_ptr<SegmentIndexCache> indexes);

  SegmentId id() const override { return id_; }
  std::uint64_t file_bytes() const override { return file_bytes_; }
  Result<std::vector<SegmentRange>> ranges() const override;
  Result<Offset> find_time(LogId log, WallTime time) const override;
  Result<std::vector<StoredBatch>> read(LogId log, Offset from, Offset upto,
                                        std::size_t bytes_max) const override;

 private:
  Result<std::shared_ptr<const SegmentIndex>> index() const;

  const SegmentId id_;
  const std::shared_ptr<File> file_;
  const std::uint64_t file_bytes_;
  const std::shared_ptr<SegmentIndexCache> indexes_;
};

}  // namespace twofold::engine
