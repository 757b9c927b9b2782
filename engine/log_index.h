#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/cleaning.h"
#include "engine/core.h"
#include "engine/segment_store.h"

namespace twofold::engine {

/// The first version of a checkpoint's state that says how far logs are clean.
inline constexpr std::uint64_t kSnapshotWithCleaning = 4;

/// Where one batch of a log stands in the journal.
struct Extent {
  std::int64_t base;        ///< offset of its first record
  std::uint64_t base_seq;
  std::int64_t max_timestamp;
  std::int64_t append_ms;   ///< wall time when its block was sealed, or of the batch before it
  std::uint32_t last_delta; ///< last offset - base
  std::uint32_t file;
  std::uint32_t place;      ///< of its entry
  std::uint32_t bytes;      ///< of its entry, header included

  Offset first() const { return Offset{base}; }
  Offset upto() const { return Offset{base + last_delta + 1}; }
};

/// A stretch of a log that lives in a segment.
struct SealedRange {
  SegmentRange range;
  std::shared_ptr<const Segment> segment;
};

/// What the core knows of one log: its ends, and where its batches are. Oldest in segments, then in
/// the journal; the two never overlap. Plain data, about 200 bytes when empty.
class LogIndex {
 public:
  explicit LogIndex(LogId log_id) : id(log_id) {}

  const LogId id;
  LogOptions options;
  bool opened = false;      ///< a room claimed it; otherwise left over from something removed
  Offset start{0};
  Offset end{0};
  Offset visible_end{0};
  WallTime last_append{0};   ///< never steps back, whatever the calendar does
  Offset placed_end{0};           ///< records before it have their place in the total order
  std::uint64_t last_seq = 0;     ///< of the last of those, kept or not; 0: there never was one
  Offset cleaned_upto{0};        ///< as CleaningStatus says it, and the next two
  WallTime cleaned_at{0};
  WallTime tombstones_due{0};    ///< 0: none known
  Offset holes_upto{0};          ///< behind the last record that any cleaning has dropped
  std::uint32_t rewrites = 0;    // of parts of it, by cleanings: what was read before is stale
  std::int32_t open_batch = -1;   ///< index in the block being gathered
  std::vector<LogListener*> listeners;
  std::vector<SealedRange> sealed;
  /// Offsets whose bytes were acknowledged and then destroyed: readers get data_damaged.
  std::vector<std::pair<Offset, Offset>> damaged;
  const std::pair<Offset, Offset>* damage_at(Offset offset) const;

  // -- extents in the journal, oldest first --
  std::size_t extent_count() const { return extents_.size() - first_; }
  const Extent* extents_begin() const { return extents_.data() + first_; }
  const Extent* extents_end() const { return extents_.data() + extents_.size(); }
  void add(const Extent& extent);
  /// The extent that holds `offset`, or the first one after it.
  const Extent* find(Offset offset) const;
  /// Forgets everything that ends at or before `upto`; `emptied` gets the segment of each sealed
  /// range that went. Returns extents dropped.
  std::size_t drop_before(Offset upto, std::vector<std::shared_ptr<const Segment>>& emptied);
  /// Replaces the extents of journal files before `file` by what a segment now holds of them.
  std::size_t drop_files_before(std::uint32_t file);
  /// As above, of the extents that end at or before `upto`.
  std::size_t drop_extents_before(Offset upto);

  std::uint64_t bytes() const { return journal_bytes_ + sealed_bytes(); }
  std::uint64_t sealed_bytes() const;
  LogStatus status() const;
  LogBacklog backlog(Offset from) const;
  AppendedAt appended_at(Offset offset) const;
  CleaningStatus cleaning(Offset upto) const;
  /// As Core::start_for_count().
  Offset start_for_count(std::uint64_t count) const;

  void snapshot(ByteWriter& out) const;
  /// `open` finds the segment of an id; a range whose segment is missing becomes damage.
  /// `newest_seq` stands for last_seq where a snapshot of version 2 does not say it.
  Result<> restore(ByteReader& in, std::uint64_t version, std::uint64_t newest_seq,
                   const std::function<std::shared_ptr<const Segment>(SegmentId)>& open);

 private:
  void compact();

  std::vector<Extent> extents_;
  std::size_t first_ = 0;
  std::uint64_t journal_bytes_ = 0;
};

/// When what a block of `sealed_at` brings was appended: live and on replay.
inline WallTime append_time(const LogIndex& log, WallTime sealed_at) {
  return std::max(sealed_at, log.last_append);
}

}  // namespace twofold::engine
