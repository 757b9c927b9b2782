#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/ids.h"

namespace twofold::engine {

/// Who a journal entry speaks to. Numbers are on disk (engine/format.md) and never change.
enum class EntryType : std::uint8_t {
  batch = 1,            ///< records of one log
  catalog = 2,          ///< a definition was put or removed
  queue = 3,            ///< a change of delivery state; the queue room reads it
  group = 4,            ///< committed offsets; the log room reads it
  trim = 5,             ///< a log forgets what lies before an offset
  segment_added = 6,    ///< a drained journal file became a segment
  segment_removed = 7,  ///< a segment in which nothing lives any more
  producer = 8,         ///< what producers have written; the log room reads it
  dedup = 9,            ///< deduplication ids of a topic's records; the log room reads it
  request = 10,         ///< a request with a key was carried out
  log_cleaned = 11,     ///< a log keeps only the newest record of each key, up to an offset
  namespaced = 12,      ///< what a room of a namespace has noted (engine/namespace_core.h)
};

/// State that a room above keeps and the journal makes durable.
///
/// Contract
///   live     the room changes its state and tells the core with note(), in the same turn.
///   apply()  does the same change again after a restart, from the noted bytes alone: no clock, no
///            randomness, nothing that the entry and the state before do not say.
///   snapshot(), restore()  everything apply() has led to. Replaying from a snapshot and having
///            lived through it give the same bytes; a test compares them.
/// Threads  the core only.
class StateMachine {
 public:
  virtual ~StateMachine() = default;
  /// `at` is the instant at which the entry's block was sealed.
  virtual Result<> apply(std::uint32_t owner, std::string_view payload, Instant at) = 0;
  virtual void snapshot(ByteWriter& out) const = 0;
  virtual Result<> restore(ByteReader& in) = 0;
  /// Recovery is over: schedule timers, start serving.
  virtual void recovered(Instant now) = 0;
};

}  // namespace twofold::engine
