#pragma once

#include <cstdint>
#include <vector>

#include "engine/segment_store.h"

namespace twofold::engine {

/// Where a scrub goes on inside a segment.
struct ScrubPlace {
  std::size_t range = 0;  ///< of Segment::ranges()
  Offset offset{0};
};

/// What a step of a scrub has found.
struct ScrubStep {
  struct Damage {
    LogId log;
    Offset from;
    Offset upto;
  };
  ScrubPlace next;
  bool at_end = false;      ///< of the segment
  std::uint64_t bytes = 0;  ///< of batches that verify
  std::vector<Damage> damaged;
};

/// Reads a segment from `from` on and verifies every batch, until about `bytes_max` were read:
/// damage is better found while there is a backup than by the reader who needs the record.
/// Blocking; any thread but the core. An error when the device does not give the bytes.
Result<ScrubStep> scrub(const Segment& segment, ScrubPlace from, std::uint64_t bytes_max);

}  // namespace twofold::engine
