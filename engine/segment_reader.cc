#include "engine/segment_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "engine/record_batch.h"
#include "engine/segment_scan.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kReadBytesMin = 2 * kIndexEveryBytes;
constexpr std::size_t kReadBytesMax = 4u << 20;

Error damaged(SegmentId id, LogId log, Offset first, Offset upto) {
  Error error(Errc::data_damaged,
              fmt::format("segment {}: offsets {} to {} of log {} do not verify", segment_name(id),
                          first.value(), upto.value() - 1, log.value()));
  error.number = upto.value();
  return error;
}

/// The entries of one log from an index item on, in offset order; whatever else shows through a
/// damaged stretch is not one of them.
SegmentScan scan_log(File& file, const SegmentIndex::Log& log, const IndexItem& start,
                     std::size_t chunk_bytes) {
  auto belongs = [id = log.place.range.log.value(), least = start.offset,
                  upto = log.place.range.upto](const Entry& entry) mutable {
    const auto last = batch_header(entry.payload).last_offset();
    if (entry.owner != id || Offset{entry.base_offset} < least || last >= upto) return false;
    least = advance(last, 1);
    return true;
  };
  return SegmentScan(file, start.position, log.place.end, chunk_bytes, std::move(belongs));
}

}  // namespace

FileSegment::FileSegment(SegmentId id, std::shared_ptr<File> file, std::uint64_t file_bytes,
                         std::shared_ptr<SegmentIndexCache> indexes)
    : id_(id), file_(std::move(file)), file_bytes_(file_bytes), indexes_(std::move(indexes)) {}

Result<std::shared_ptr<const SegmentIndex>> FileSegment::index() const {
  if (auto held = indexes_->find(id_)) return held;
  // Two readers may load it at once; they read the same bytes, and the second one's stays.
  auto loaded = load_segment_index(*file_, id_);
  // What a device in trouble let us see is not the truth for ever.
  if (loaded && !(*loaded)->refused) indexes_->put(id_, *loaded);
  return loaded;
}

Result<std::vector<SegmentRange>> FileSegment::ranges() const {
  const auto index = this->index();
  if (!index) return index.error();
  std::vector<SegmentRange> ranges;
  ranges.reserve((*index)->logs.size());
  for (const auto& log : (*index)->logs) ranges.push_back(log.place.range);
  return ranges;
}

Result<Offset> FileSegment::find_time(LogId id, WallTime time) const {
  const auto index = this->index();
  if (!index) return index.error();
  const auto* log = (*index)->find(id);
  if (log == nullptr && (*index)->scanned)
    return Error(Errc::data_damaged, fmt::format("segment {}: nothing of log {} verifies",
                                                 segment_name(id_), id.value()));
  if (log == nullptr)
    return Error(Errc::invalid_request,
                 fmt::format("segment {} holds nothing of log {}", segment_name(id_), id.value()));
  auto scan = scan_log(*file_, *log, log->find(time), kReadBytesMin);
  while (const auto found = scan.next()) {
    if (WallTime{batch_header(found->entry.payload).max_timestamp} >= time)
      return Offset{found->entry.base_offset};
  }
  return log->place.range.upto;
}

Result<std::vector<StoredBatch>> FileSegment::read(LogId id, Offset from, Offset upto,
                                                   std::size_t bytes_max) const {
  const auto index = this->index();
  if (!index) return index.error();
  std::vector<StoredBatch> batches;
  const auto* log = (*index)->find(id);
  // Nobody asks a segment for what was never in it: an index that knows less has lost it.
  if ((*index)->scanned && from < upto) {
    if (log == nullptr || log->place.range.upto <= from) return damaged(id_, id, from, upto);
    const auto first = std::min(upto, log->place.range.first);
    if (from < first) return damaged(id_, id, from, first);
  }
  if (log == nullptr) return batches;
  upto = std::min(upto, log->place.range.upto);
  if (from >= upto) return batches;

  const auto start = log->find(from);
  // The index leads to a little before the first that is wanted, and a little before the last.
  const auto span = log->find(advance(upto, -1)).position - start.position;
  const auto chunk = std::clamp<std::uint64_t>(std::min<std::uint64_t>(bytes_max, span) +
                                                   kIndexEveryBytes,
                                               kReadBytesMin, kReadBytesMax);
  auto scan = scan_log(*file_, *log, start, chunk);
  std::size_t bytes = 0;
  Offset expected = start.offset;  // everything before it is accounted for
  while (expected < upto) {
    auto found = scan.next();
    const auto next = found ? Offset{found->entry.base_offset} : log->place.range.upto;
    if (scan.damaged() && next > from && expected < upto && expected < next) {
      // Whoever got something comes back for the rest, and hears of the damage then.
      if (!batches.empty()) break;
      return damaged(id_, id, std::max(expected, from), std::min(next, upto));
    }
    if (!found || next >= upto) break;
    expected = advance(batch_header(found->entry.payload).last_offset(), 1);
    if (expected <= from) continue;
    if (!batches.empty() && bytes + found->entry.payload.size() > bytes_max) break;
    bytes += found->entry.payload.size();
    batches.push_back({std::move(found->buffer), found->entry.payload, Seq{found->entry.base_seq}});
  }
  return batches;
}

}  // namespace twofold::engine
