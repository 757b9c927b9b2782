#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/ids.h"

namespace twofold::engine {

/// Cleaning keeps the newest record of each key of a log and drops the others. Offsets never
/// change: what is dropped leaves holes, which are no damage.
///
///     start          cleaned_upto              upto      end
///       |  clean, with holes  |  dirty: studied  |  head   |
///
/// What stays   the newest of each key; everything from `upto` on; the newest record of the log,
///              whatever it is; a tombstone (no value) until its horizon, which is written into its
///              batch by the first cleaning that meets it: the time then, and `tombstones` more.
/// What goes    also records without a key, which no cleaning can tell apart.
/// Left alone   batches that are compressed or belong to a transaction, and what cannot be read.
///              Tombstones behind one of those stay, for it may hold what they delete.
/// Losing it    costs nothing but space: a cleaning that a crash took back happens again.

/// Offsets [first, second) whose records were dropped, ascending.
using OffsetRuns = std::vector<std::pair<Offset, Offset>>;

struct CleanOrder {
  Offset upto;          ///< the head from here on is not touched
  Duration tombstones;  ///< how long they are kept once everything before them is clean
};

/// What one cleaning did.
struct Cleaned {
  Offset upto{0};                ///< clean before this
  std::uint64_t read_bytes = 0;  ///< of batches, those looked at twice counted twice
  std::uint64_t written_bytes = 0;
  std::uint64_t removed = 0;  ///< records
  std::uint64_t passes = 0;   ///< more than one when the keys did not fit the memory
};

/// How clean a log is.
struct CleaningStatus {
  Offset cleaned_upto{0};
  WallTime cleaned_at{0};         ///< when the last cleaning ended; 0: never
  std::uint64_t clean_bytes = 0;  ///< of batches before cleaned_upto
  std::uint64_t dirty_bytes = 0;  ///< of those from there to the asked offset (about)
  WallTime oldest_dirty{0};       ///< when the oldest of those was appended (about); 0: none
  std::optional<WallTime> tombstones_due;  ///< when a cleaning can drop some, as far as is known
  std::uint64_t records = 0;               ///< in the whole log, holes not counted
  /// From here on none was dropped. A cleaning that is under way, or was cut short, has left holes
  /// of which `cleaned_upto` says nothing.
  Offset holes_upto{0};
};

}  // namespace twofold::engine
