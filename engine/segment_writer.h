#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/file_system.h"
#include "engine/segment_format.h"
#include "engine/segment_store.h"

namespace twofold::engine {

/// Writes engine/segment_format.h into a file under a temporary name; the segment's own name
/// appears when everything is durable. Given up before that, it leaves nothing.
class FileSegmentWriter final : public SegmentWriter {
 public:
  /// `files` must outlive the writer. `path` is the directory's name and a slash.
  static Result<std::unique_ptr<SegmentWriter>> create(FileSystem& files, std::string path,
                                                       SegmentId id);
  ~FileSegmentWriter() override;
  FileSegmentWriter(const FileSegmentWriter&) = delete;
  FileSegmentWriter& operator=(const FileSegmentWriter&) = delete;

  Result<> add(LogId log, const StoredBatch& batch, WallTime append_time) override;
  std::uint64_t bytes() const override { return flushed_ + buffer_.size(); }
  Result<std::vector<SegmentRange>> finish() override;

 private:
  FileSegmentWriter(FileSystem& files, std::string path, SegmentId id, std::shared_ptr<File> file);
  void begin_log(LogId log, Offset first);
  void end_log();
  Result<> flush();
  Result<> write_tail();
  Result<> publish();

  FileSystem& files_;
  const std::string path_;
  const SegmentId id_;
  std::shared_ptr<File> file_;
  std::string buffer_;                     // what follows flushed_
  std::uint64_t flushed_ = kEntriesBegin;  // bytes of the file that are written
  std::uint64_t batches_ = 0;
  std::vector<SegmentLog> logs_;     // the last one is open
  std::string index_;                // of all logs, one after the other
  std::size_t log_index_begin_ = 0;  // of the open log, in index_
  std::uint64_t next_item_at_ = 0;   // position from which the open log wants an index item
  std::optional<Error> failure_;     // final: the file is not to be trusted after it
  bool renamed_ = false;
  bool finished_ = false;
};

}  // namespace twofold::engine
