#include "engine/file_segments.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/base/diag.h"
#include "engine/segment_format.h"
#include "engine/segment_index.h"
#include "engine/segment_reader.h"
#include "engine/segment_writer.h"

namespace twofold::engine {
namespace {

constexpr std::string_view kUnfinished = ".seg.tmp";
constexpr std::string_view kRemoved = ".seg.del";

class FileSegments final : public SegmentStore {
 public:
  FileSegments(FileSystem& files, FileSegmentsOptions options)
      : files_(files),
        options_(std::move(options)),
        path_(options_.directory + '/'),
        indexes_(std::make_shared<SegmentIndexCache>(options_.index_bytes_max)) {}

  Result<std::unique_ptr<SegmentWriter>> create(SegmentId id) override {
    return FileSegmentWriter::create(files_, path_, id);
  }

  Result<std::shared_ptr<const Segment>> open(SegmentId id) override {
    auto file = files_.open(path_ + segment_name(id), OpenMode::read_only);
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    return std::shared_ptr<const Segment>(
        std::make_shared<FileSegment>(id, std::move(*file), *size, indexes_));
  }

  // The name goes first and for good; the bytes follow. A crash in between leaves a ".del", which
  // clean_up() takes.
  Result<> remove(SegmentId id) override {
    indexes_->drop(id);
    const auto name = path_ + segment_name(id);
    const auto leaving = name + ".del";
    if (auto renamed = files_.rename(name, leaving); !renamed) {
      if (is_gone(id)) return {};  // a start before this one removed it
      return renamed.error();
    }
    if (auto synced = files_.sync_directory(options_.directory); !synced) return synced.error();
    return files_.remove(leaving);
  }

  Result<std::vector<SegmentId>> list() override {
    const auto names = files_.list(options_.directory);
    if (!names) return names.error();
    std::vector<SegmentId> ids;
    for (const auto& name : *names) {
      if (const auto id = parse_segment_name(name)) ids.push_back(*id);
    }
    return ids;
  }

  Result<std::size_t> clean_up(const std::vector<SegmentId>& known) override {
    const auto names = files_.list(options_.directory);
    if (!names) return names.error();
    std::size_t orphans = 0;
    for (const auto& name : *names) {
      if (name.ends_with(kUnfinished) || name.ends_with(kRemoved)) {
        if (auto removed = files_.remove(path_ + name); !removed) return removed.error();
        continue;
      }
      const auto id = parse_segment_name(name);
      if (!id || std::find(known.begin(), known.end(), *id) != known.end()) continue;
      if (auto moved = move_to_orphans(name); !moved) return moved.error();
      ++orphans;
    }
    if (auto synced = files_.sync_directory(options_.directory); !synced) return synced.error();
    if (orphans == 0) return orphans;
    if (auto synced = files_.sync_directory(options_.orphans); !synced) return synced.error();
    return orphans;
  }

 private:
  bool is_gone(SegmentId id) {
    const auto names = files_.list(options_.directory);
    return names && !std::binary_search(names->begin(), names->end(), segment_name(id));
  }

  /// Never deleted at once: nobody knows yet why nothing refers to it.
  Result<> move_to_orphans(const std::string& name) {
    diag(DiagLevel::warn, "engine", "a segment that nothing refers to was set aside",
         {
             {"segment", name            },
             {"to",      options_.orphans}
    });
    if (auto made = files_.make_directory(options_.orphans); !made) return made.error();
    return files_.rename(path_ + name, options_.orphans + '/' + name);
  }

  FileSystem& files_;
  const FileSegmentsOptions options_;
  const std::string path_;
  const std::shared_ptr<SegmentIndexCache> indexes_;
};

}  // namespace

Result<std::unique_ptr<SegmentStore>> open_segments(FileSystem& files,
                                                    FileSegmentsOptions options) {
  if (auto made = files.make_directory(options.directory); !made) return made.error();
  if (auto synced = files.sync_directory(""); !synced) return synced.error();
  return std::unique_ptr<SegmentStore>(std::make_unique<FileSegments>(files, std::move(options)));
}

}  // namespace twofold::engine
