#include "engine/segment_index.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "engine/base/crc32c.h"
#include "engine/base/diag.h"
#include "engine/format_version.h"
#include "engine/record_batch.h"
#include "engine/segment_scan.h"

namespace twofold::engine {
namespace {

constexpr std::size_t kScanChunkBytes = 1u << 20;
constexpr WallTime kNoTime{std::numeric_limits<std::int64_t>::min()};

/// Exactly the bytes asked for, or nothing: what cannot be read cannot be verified either.
std::optional<std::string> read_exactly(File& file, std::uint64_t place, std::uint64_t size) {
  std::string bytes(size, '\0');
  const auto read = file.read_at(place, bytes.data(), bytes.size());
  if (!read || *read != size) return std::nullopt;
  return bytes;
}

void report(SegmentId id, const char* what) {
  diag(DiagLevel::warn, "engine", what,
       {
           {"segment", segment_name(id)}
  });
}

/// The index that every log can do with: begin at its first entry.
std::string shortest_index(const SegmentLog& log) {
  std::string items;
  append_index_item(items, {log.range.first, log.begin, kNoTime});
  return items;
}

std::shared_ptr<const SegmentIndex> load_by_footer(File& file, SegmentId id,
                                                   std::uint64_t footer_at,
                                                   std::uint64_t file_bytes) {
  const auto footer_bytes = read_exactly(file, footer_at, kFooterBytes);
  if (!footer_bytes) return nullptr;
  const auto footer = decode_footer(*footer_bytes, id, file_bytes);
  if (!footer) return nullptr;
  const auto table_bytes = read_exactly(file, footer->table_at, footer->logs * kTableItemBytes);
  if (!table_bytes) return nullptr;
  const auto table = decode_table(*table_bytes, *footer);
  if (!table) return nullptr;

  auto index = std::make_shared<SegmentIndex>();
  index->logs.reserve(table->size());
  for (const auto& log : *table) {
    auto items = read_exactly(file, log.index_at, log.index_items * kIndexItemBytes);
    if (!items || crc32c(*items) != log.index_crc) {
      report(id, "a segment's index does not verify; its batches are read from the first one on");
      items = shortest_index(log);
    }
    index->logs.push_back({log, std::move(*items)});
  }
  return index;
}

/// What the entries say by themselves. Their append times are lost; the newest timestamp is the
/// best guess there is.
std::shared_ptr<const SegmentIndex> load_by_scanning(File& file, std::uint64_t file_bytes) {
  std::map<LogId, SegmentIndex::Log> logs;
  SegmentScan scan(file, std::min(kEntriesBegin, file_bytes), file_bytes, kScanChunkBytes,
                   [](const Entry&) { return true; });
  std::optional<LogId> newest;
  while (const auto found = scan.next()) {
    const auto header = batch_header(found->entry.payload);
    const LogId id{found->entry.owner};
    const Offset first{header.base_offset};
    // Sorted by (log, offset): anything else is an old entry that shows through the damage.
    if (newest && id < *newest) continue;
    newest = id;
    const SegmentRange range{id, first, first, 0, kNoTime, kNoTime};
    auto& log = logs.try_emplace(id,
                                 SegmentIndex::Log{
                                     {range, found->position, 0, 0, 0, 0},
                                     {   }
    })
                    .first->second;
    if (first < log.place.range.upto) continue;
    if (log.place.index_items == 0 ||
        found->position >=
            index_item(log.items, log.place.index_items - 1).position + kIndexEveryBytes) {
      append_index_item(log.items, {first, found->position, log.place.range.max_timestamp});
      ++log.place.index_items;
    }
    log.place.range.upto = advance(header.last_offset(), 1);
    log.place.range.bytes += found->entry.payload.size();
    log.place.range.max_timestamp =
        std::max(log.place.range.max_timestamp, WallTime{header.max_timestamp});
    log.place.range.append_time = log.place.range.max_timestamp;
    log.place.end = found->position + found->entry.stored_bytes();
  }
  auto index = std::make_shared<SegmentIndex>();
  for (auto& [id, log] : logs) index->logs.push_back(std::move(log));
  index->scanned = true;
  index->refused = scan.refused();
  return index;
}

}  // namespace

Result<std::shared_ptr<const SegmentIndex>> load_segment_index(File& file, SegmentId id) {
  const auto size = file.size();
  if (!size) return size.error();
  if (const auto head =
          read_exactly(file, 0, std::min<std::uint64_t>(*size, kSegmentHeaderBytes))) {
    const auto header = decode_segment_header(*head);
    if (header) {
      if (auto refused = refuse_version("segments/" + segment_name(id), "segment", header->version,
                                        kSegmentVersions))
        return *refused;
    }
    if (header && header->id != id)
      return Error(Errc::data_damaged, fmt::format("the file {} holds segment {}", segment_name(id),
                                                   segment_name(header->id)));
  }
  if (*size >= kEntriesBegin + kFooterBytes) {
    if (auto index = load_by_footer(file, id, *size - kFooterBytes, *size)) return index;
    report(id, "a segment's last footer does not verify; using the first one");
    if (auto index = load_by_footer(file, id, kSegmentHeaderBytes, *size)) return index;
  }
  report(id, "a segment's footers do not verify; scanning its entries");
  return load_by_scanning(file, *size);
}

const SegmentIndex::Log* SegmentIndex::find(LogId log) const {
  const auto it = std::lower_bound(logs.begin(), logs.end(), log, [](const Log& item, LogId id) {
    return item.place.range.log < id;
  });
  return it != logs.end() && it->place.range.log == log ? &*it : nullptr;
}

std::size_t SegmentIndex::memory_bytes() const {
  std::size_t bytes = sizeof *this + logs.capacity() * sizeof(Log);
  for (const auto& log : logs) bytes += log.items.capacity();
  return bytes;
}

namespace {

/// The last item for which `before` holds; it holds for a first part of them, or for none.
template <class Before>
IndexItem last_item(const std::string& items, Before before) {
  std::size_t low = 0;
  std::size_t high = items.size() / kIndexItemBytes;
  while (high - low > 1) {
    const auto middle = low + (high - low) / 2;
    (before(index_item(items, middle)) ? low : high) = middle;
  }
  return index_item(items, low);
}

}  // namespace

IndexItem SegmentIndex::Log::find(Offset offset) const {
  return last_item(items, [offset](const IndexItem& item) { return item.offset <= offset; });
}

IndexItem SegmentIndex::Log::find(WallTime time) const {
  return last_item(items, [time](const IndexItem& item) { return item.newest_before < time; });
}

std::shared_ptr<const SegmentIndex> SegmentIndexCache::find(SegmentId id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->second;
}

void SegmentIndexCache::put(SegmentId id, std::shared_ptr<const SegmentIndex> index) {
  const std::lock_guard lock(mutex_);
  if (const auto old = by_id_.find(id); old != by_id_.end()) erase(old->second);
  bytes_ += index->memory_bytes();
  entries_.emplace_front(id, std::move(index));
  by_id_.emplace(id, entries_.begin());
  while (bytes_ > bytes_max_ && entries_.size() > 1) erase(std::prev(entries_.end()));
}

void SegmentIndexCache::drop(SegmentId id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) erase(found->second);
}

std::size_t SegmentIndexCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void SegmentIndexCache::erase(Entries::iterator entry) {
  bytes_ -= entry->second->memory_bytes();
  by_id_.erase(entry->first);
  entries_.erase(entry);
}

}  // namespace twofold::engine
