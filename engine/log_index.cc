#include "engine/log_index.h"

#include <algorithm>

#include "engine/base/check.h"

namespace twofold::engine {

void LogIndex::add(const Extent& extent) {
  TF_CHECK(extent_count() == 0 || extents_.back().upto() <= extent.first());
  extents_.push_back(extent);
  journal_bytes_ += extent.bytes;
  placed_end = extent.upto();
  last_seq = extent.base_seq + extent.last_delta;
}

const Extent* LogIndex::find(Offset offset) const {
  return std::partition_point(extents_begin(), extents_end(),
                              [&](const Extent& e) { return e.upto() <= offset; });
}

const std::pair<Offset, Offset>* LogIndex::damage_at(Offset offset) const {
  const auto found = std::find_if(damaged.begin(), damaged.end(), [&](const auto& range) {
    return range.first <= offset && offset < range.second;
  });
  return found == damaged.end() ? nullptr : &*found;
}

std::size_t LogIndex::drop_before(Offset upto,
                                  std::vector<std::shared_ptr<const Segment>>& emptied) {
  std::size_t gone = 0;
  while (gone < sealed.size() && sealed[gone].range.upto <= upto) {
    emptied.push_back(sealed[gone].segment);
    ++gone;
  }
  sealed.erase(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(gone));
  std::erase_if(damaged, [&](const auto& range) { return range.second <= upto; });

  std::size_t dropped = 0;
  while (first_ < extents_.size() && extents_[first_].upto() <= upto) {
    journal_bytes_ -= extents_[first_].bytes;
    ++first_;
    ++dropped;
  }
  compact();
  return dropped;
}

std::size_t LogIndex::drop_files_before(std::uint32_t file) {
  std::size_t dropped = 0;
  while (first_ < extents_.size() && extents_[first_].file < file) {
    journal_bytes_ -= extents_[first_].bytes;
    ++first_;
    ++dropped;
  }
  compact();
  return dropped;
}

std::size_t LogIndex::drop_extents_before(Offset upto) {
  std::size_t dropped = 0;
  while (first_ < extents_.size() && extents_[first_].upto() <= upto) {
    journal_bytes_ -= extents_[first_].bytes;
    ++first_;
    ++dropped;
  }
  compact();
  return dropped;
}

// Memory follows what is held: half of the vector may be dead before it is closed up.
void LogIndex::compact() {
  if (first_ == extents_.size()) {
    extents_.clear();
    first_ = 0;
    if (extents_.capacity() > 64) extents_.shrink_to_fit();
    return;
  }
  if (first_ < 32 || first_ * 2 < extents_.size()) return;
  extents_.erase(extents_.begin(), extents_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  if (extents_.capacity() > 4 * extents_.size()) extents_.shrink_to_fit();
}

std::uint64_t LogIndex::sealed_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& s : sealed) sum += s.range.bytes;
  return sum;
}

LogStatus LogIndex::status() const {
  WallTime oldest{0};
  if (!sealed.empty()) {
    oldest = sealed.front().range.append_time;
  } else if (extent_count() > 0) {
    oldest = WallTime{extents_begin()->append_ms};
  }
  return LogStatus{start, visible_end, end, bytes(), oldest, sealed.size()};
}

AppendedAt LogIndex::appended_at(Offset offset) const {
  const auto range = std::partition_point(
      sealed.begin(), sealed.end(),
      [offset](const SealedRange& s) { return s.range.upto <= offset; });
  if (range != sealed.end() && range->range.first <= offset)
    return {range->range.append_time, range->range.upto};
  const Extent* const extent = find(offset);
  if (extent == extents_end()) return {last_append, advance(offset, 1)};
  return {WallTime{extent->append_ms}, extent->upto()};
}

// Within a sealed range, and within the journal, batches count as if they were all of one size.
LogBacklog LogIndex::backlog(Offset from) const {
  from = std::max(from, start);
  if (from >= visible_end) return {0, 0, WallTime{0}};
  LogBacklog left{distance(from, visible_end), 0, WallTime{0}};
  const auto append_seen = [&](WallTime at) {
    if (left.oldest_append.value() == 0) left.oldest_append = at;
  };
  for (const auto& s : sealed) {
    if (s.range.upto <= from) continue;
    const auto whole = distance(s.range.first, s.range.upto);
    const auto rest = distance(std::max(from, s.range.first), s.range.upto);
    const auto share = static_cast<double>(rest) / static_cast<double>(whole);
    left.bytes += static_cast<std::uint64_t>(static_cast<double>(s.range.bytes) * share);
    append_seen(s.range.append_time);
  }
  const Extent* const first = find(from);
  if (first == extents_end()) return left;
  append_seen(WallTime{first->append_ms});
  const auto rest = static_cast<std::uint64_t>(extents_end() - first);
  left.bytes += journal_bytes_ * rest / extent_count();
  return left;
}

namespace {

// The part of a whole that lies in [from, upto), by offsets.
std::uint64_t share(std::uint64_t whole, Offset first, Offset end, Offset from, Offset upto) {
  const auto inside = distance(std::max(first, from), std::min(end, upto));
  if (inside <= 0) return 0;
  const double part = static_cast<double>(inside) / static_cast<double>(distance(first, end));
  return part >= 1 ? whole : static_cast<std::uint64_t>(static_cast<double>(whole) * part);
}

}  // namespace

CleaningStatus LogIndex::cleaning(Offset upto) const {
  CleaningStatus status{cleaned_upto, cleaned_at, 0, 0, WallTime{0}, std::nullopt, 0,
                        std::max(holes_upto, start)};
  if (tombstones_due.value() != 0) status.tombstones_due = tombstones_due;
  const Offset clean = std::max(cleaned_upto, start);
  for (const auto& s : sealed) {
    const auto& r = s.range;
    status.clean_bytes += share(r.bytes, r.first, r.upto, start, clean);
    status.dirty_bytes += share(r.bytes, r.first, r.upto, clean, upto);
    // Of a range that was trimmed in part, and has holes, only the most that can be left is known.
    status.records += std::min(
        r.records, static_cast<std::uint64_t>(distance(std::max(r.first, start), r.upto)));
    if (r.upto > clean && r.first < upto && status.oldest_dirty.value() == 0)
      status.oldest_dirty = r.append_time;
  }
  if (extent_count() == 0) return status;
  const Offset first = extents_begin()->first();
  const Offset last = extents_.back().upto();
  status.clean_bytes += share(journal_bytes_, first, last, start, clean);
  status.dirty_bytes += share(journal_bytes_, first, last, clean, upto);
  status.records += static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, distance(std::max(first, start), std::min(last, visible_end))));
  const Extent* const dirty = find(clean);
  if (status.oldest_dirty.value() == 0 && dirty != extents_end() && dirty->first() < upto)
    status.oldest_dirty = WallTime{dirty->append_ms};
  return status;
}

// From the newest back. Extents have no holes, so there the offset says it; of a range that has
// some only its number of records is known, and then it stays whole.
Offset LogIndex::start_for_count(std::uint64_t count) const {
  const auto back = [](Offset from, std::uint64_t records) {
    return advance(from, -static_cast<std::int64_t>(records));
  };
  Offset kept = visible_end;
  if (extent_count() > 0) {
    const Offset first = std::max(start, extents_begin()->first());
    const auto resident =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, distance(first, visible_end)));
    if (resident >= count) return back(visible_end, count);
    count -= resident;
    kept = first;
  }
  for (auto s = sealed.rbegin(); s != sealed.rend(); ++s) {
    if (count == 0) return kept;
    const auto& r = s->range;
    const auto offsets = static_cast<std::uint64_t>(distance(r.first, r.upto));
    if (r.records == offsets && r.records > count) return std::max(start, back(r.upto, count));
    count -= std::min(count, r.records);
    kept = r.first;
  }
  return count == 0 ? std::max(start, kept) : start;
}

void LogIndex::snapshot(ByteWriter& out) const {
  out.varint(start.value());
  out.varint(end.value());
  out.varint(last_append.value());
  out.uvarint(last_seq);
  out.varint(cleaned_upto.value());
  out.varint(cleaned_at.value());
  out.varint(tombstones_due.value());
  out.varint(holes_upto.value());
  out.uvarint(sealed.size());
  for (const auto& s : sealed) {
    out.fixed(s.segment->id().value());
    out.varint(s.range.first.value());
    out.varint(distance(s.range.first, s.range.upto));
    out.uvarint(s.range.bytes);
    out.varint(s.range.max_timestamp.value());
    out.varint(s.range.append_time.value());
    out.uvarint(s.range.records);
  }
  out.uvarint(damaged.size());
  for (const auto& [from, upto] : damaged) {
    out.varint(from.value());
    out.varint(upto.value());
  }
  out.uvarint(extent_count());
  for (const auto* e = extents_begin(); e != extents_end(); ++e) {
    out.varint(e->base);
    out.uvarint(e->base_seq);
    out.varint(e->max_timestamp);
    out.varint(e->append_ms);
    out.uvarint(e->last_delta);
    out.uvarint(e->file);
    out.uvarint(e->place);
    out.uvarint(e->bytes);
  }
}

Result<> LogIndex::restore(
    ByteReader& in, std::uint64_t version, std::uint64_t newest_seq,
    const std::function<std::shared_ptr<const Segment>(SegmentId)>& open) {
  start = Offset{in.varint()};
  end = Offset{in.varint()};
  visible_end = end;
  last_append = WallTime{in.varint()};
  const std::uint64_t stored_seq = version < 3 ? newest_seq : in.uvarint();
  if (version >= kSnapshotWithCleaning) {
    cleaned_upto = Offset{in.varint()};
    cleaned_at = WallTime{in.varint()};
    tombstones_due = WallTime{in.varint()};
    holes_upto = Offset{in.varint()};
  }
  for (auto n = in.count(14); n > 0; --n) {
    const SegmentId segment_id{in.fixed<std::uint64_t>()};
    const Offset first{in.varint()};
    const Offset upto = advance(first, in.varint());
    const auto range_bytes = in.uvarint();
    const WallTime max_timestamp{in.varint()};
    const WallTime append_time{in.varint()};
    const auto records = in.uvarint();
    auto segment = in.ok() ? open(segment_id) : nullptr;
    if (segment) {
      const SegmentRange range{id, first, upto, range_bytes, max_timestamp, append_time,
                               records};
      sealed.push_back(SealedRange{range, std::move(segment)});
    } else {
      damaged.emplace_back(first, upto);
    }
  }
  for (auto n = in.count(2); n > 0; --n) {
    const Offset from{in.varint()};
    const Offset upto{in.varint()};
    damaged.emplace_back(from, upto);
  }
  for (auto n = in.count(8); n > 0; --n) {
    Extent e{};
    e.base = in.varint();
    e.base_seq = in.uvarint();
    e.max_timestamp = in.varint();
    e.append_ms = in.varint();
    e.last_delta = static_cast<std::uint32_t>(in.uvarint());
    e.file = static_cast<std::uint32_t>(in.uvarint());
    e.place = static_cast<std::uint32_t>(in.uvarint());
    e.bytes = static_cast<std::uint32_t>(in.uvarint());
    if (!in.ok()) break;
    add(e);
  }
  placed_end = end;
  last_seq = end == Offset{0} ? 0 : stored_seq;
  if (!in.ok()) return Error(Errc::data_damaged, "a log in the checkpoint does not parse");
  return {};
}

}  // namespace twofold::engine
