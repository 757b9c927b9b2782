#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/cleaning.h"
#include "engine/drain.h"
#include "engine/offset_map.h"

namespace twofold::engine {

/// What a look at some dirty batches has led to.
struct KeysSeen {
  Offset upto;        ///< every record before it is in the map
  bool full = false;  ///< the one at `upto` did not fit
};
/// Puts the keys of the records in [from, upto) into `map`. Batches that are not to be opened (see
/// cleaning.h) are passed over: what they hold then supersedes nothing. Threads: any, off the core.
KeysSeen see_keys(const std::vector<StoredBatch>& batches, Offset from, Offset upto,
                  OffsetMap& map);

/// By what a record is judged. Plain data.
struct CleanRules {
  std::shared_ptr<const OffsetMap> map;
  Offset start;           ///< records before this are gone already
  Offset upto;            ///< the map knows what comes before this; from here on everything stays
  Offset last;            ///< the newest record of the log, which stays
  WallTime now;           ///< tombstones whose horizon has passed go
  WallTime horizon;       ///< of tombstones that have none yet
  bool all_clean = true;  ///< everything before this group was cleaned, none of it left alone
};

/// What became of some neighbouring ranges of one log.
struct CleanedGroup {
  bool rewritten = false;  ///< else they stay as they are
  DrainOutcome written;
  OffsetRuns removed;
  std::uint64_t records_removed = 0;
  std::uint64_t read_bytes = 0;
  bool all_clean = true;                   ///< as in the rules, with this group
  std::optional<WallTime> tombstones_due;  ///< the earliest horizon of those that stayed
};

/// Cleans one group: `group.plan` names its batches, in order. Unless something in it has to
/// change, or `merge` asks for one range instead of many, nothing is written. Errors: whatever the
/// store refuses, io of a failing read; then nothing is left of what was written. A stretch that
/// cannot be read for good leaves the group as it is. Blocking; the storage pool.
Result<CleanedGroup> clean_group(SegmentStore& store, std::uint64_t first_segment_id,
                                 std::uint64_t segment_bytes, const DrainLog& group,
                                 const CleanRules& rules, bool merge);

}  // namespace twofold::engine
