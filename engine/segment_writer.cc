#include "engine/segment_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/crc32c.h"
#include "engine/entry.h"
#include "engine/record_batch.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kFlushBytes = 1u << 20;
constexpr std::string_view kUnfinished = ".tmp";
constexpr WallTime kNoTime{std::numeric_limits<std::int64_t>::min()};

}  // namespace

Result<std::unique_ptr<SegmentWriter>> FileSegmentWriter::create(FileSystem& files,
                                                                 std::string path, SegmentId id) {
  const auto name = path + segment_name(id);
  if (files.open(name, OpenMode::read_only))
    return Error(Errc::io, "segment " + name + " exists already");
  const auto unfinished = name + std::string(kUnfinished);
  auto file = files.open(unfinished, OpenMode::create);
  if (!file) {
    // A crash may have left one of this name; it was never referenced.
    if (auto removed = files.remove(unfinished); !removed) return file.error();
    file = files.open(unfinished, OpenMode::create);
  }
  if (!file) return file.error();
  return std::unique_ptr<SegmentWriter>(
      new FileSegmentWriter(files, std::move(path), id, std::move(*file)));
}

FileSegmentWriter::FileSegmentWriter(FileSystem& files, std::string path, SegmentId id,
                                     std::shared_ptr<File> file)
    : files_(files), path_(std::move(path)), id_(id), file_(std::move(file)) {}

FileSegmentWriter::~FileSegmentWriter() {
  if (finished_) return;
  // Nobody was told that it exists. What cannot be removed now goes with the next clean_up().
  const auto name = path_ + segment_name(id_);
  const auto removed = files_.remove(renamed_ ? name : name + std::string(kUnfinished));
  static_cast<void>(removed.has_value());
}

Result<> FileSegmentWriter::add(LogId log, const StoredBatch& batch, WallTime append_time) {
  TF_CHECK(!finished_);
  if (failure_) return *failure_;
  const auto header = batch_header(batch.bytes);
  TF_CHECK(header.size() == batch.bytes.size());
  const Offset first{header.base_offset};
  const auto position = bytes();

  if (logs_.empty() || logs_.back().range.log != log) {
    end_log();
    begin_log(log, first);
  }
  auto& open = logs_.back();
  TF_CHECK(first >= open.range.upto);
  if (position >= next_item_at_) {
    append_index_item(index_, {first, position, open.range.max_timestamp});
    next_item_at_ = position + kIndexEveryBytes;
  }
  write_entry(buffer_, {EntryType::batch, log.value(), header.base_offset, batch.base_seq.value(),
                        batch.bytes});
  open.range.upto = advance(header.last_offset(), 1);
  open.range.bytes += batch.bytes.size();
  open.range.records += static_cast<std::uint64_t>(header.record_count);
  open.range.max_timestamp = std::max(open.range.max_timestamp, WallTime{header.max_timestamp});
  open.range.append_time = std::max(open.range.append_time, append_time);
  open.end = bytes();
  ++batches_;
  if (buffer_.size() < kFlushBytes) return {};
  return flush();
}

void FileSegmentWriter::begin_log(LogId log, Offset first) {
  TF_CHECK(logs_.empty() || logs_.back().range.log < log);
  logs_.push_back({
      {log, first, first, 0, kNoTime, kNoTime},
      bytes(), bytes(), 0, 0, 0
  });
  log_index_begin_ = index_.size();
  next_item_at_ = bytes();
}

void FileSegmentWriter::end_log() {
  if (logs_.empty()) return;
  auto& log = logs_.back();
  const auto items = std::string_view(index_).substr(log_index_begin_);
  log.index_at = log_index_begin_;  // known in full once the tail is written
  log.index_items = items.size() / kIndexItemBytes;
  log.index_crc = crc32c(items);
}

Result<> FileSegmentWriter::flush() {
  if (auto written = file_->write_at(flushed_, buffer_); !written) {
    failure_ = written.error();
    return written.error();
  }
  flushed_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<std::vector<SegmentRange>> FileSegmentWriter::finish() {
  TF_CHECK(!finished_);
  if (failure_) return *failure_;
  end_log();
  if (auto written = write_tail(); !written) return written.error();
  if (auto published = publish(); !published) return published.error();
  finished_ = true;
  std::vector<SegmentRange> ranges;
  ranges.reserve(logs_.size());
  for (const auto& log : logs_) ranges.push_back(log.range);
  return ranges;
}

// Table A, index, table B, footer B behind the entries; then header and footer A before them.
Result<> FileSegmentWriter::write_tail() {
  const auto entries_end = bytes();
  const auto table_bytes = logs_.size() * kTableItemBytes;
  const auto index_at = entries_end + table_bytes;
  std::string table;
  for (auto& log : logs_) {
    log.index_at += index_at;
    append_table_item(table, log);
  }
  const auto second_table_at = index_at + index_.size();
  SegmentFooter footer{id_,
                       batches_,
                       entries_end,
                       entries_end,
                       static_cast<std::uint32_t>(logs_.size()),
                       crc32c(table),
                       second_table_at + table_bytes + kFooterBytes};
  const auto head = encode_segment_header(id_) + encode_footer(footer);
  footer.table_at = second_table_at;

  buffer_ += table;
  buffer_ += index_;
  buffer_ += table;
  buffer_ += encode_footer(footer);
  TF_CHECK(bytes() == footer.file_bytes);
  if (auto flushed = flush(); !flushed) return flushed.error();
  auto written = file_->write_at(0, head);
  if (!written) failure_ = written.error();
  return written;
}

// Content before name: a segment that can be listed is whole.
Result<> FileSegmentWriter::publish() {
  const auto name = path_ + segment_name(id_);
  auto done = file_->sync();
  if (done) done = files_.rename(name + std::string(kUnfinished), name);
  renamed_ = done.has_value();
  if (done) done = files_.sync_directory(path_.substr(0, path_.size() - 1));
  if (!done) failure_ = done.error();
  return done;
}

}  // namespace twofold::engine
