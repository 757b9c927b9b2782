#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "http/inspect/event.h"

namespace twofold::http::inspect {

/// The last events of a view, each with its number. Numbers go up by one and are never used twice:
/// a ring begins with a number that its clock gives, so that those of an earlier life of the view,
/// or of the broker, lie before it and are known to be gone.
/// Memory   grows to kEventsMax events of about 200 bytes, and kHeldBytesMax that they hold beside
///          that, names and who reads what; then the oldest are forgotten. One that holds more than
///          that alone is not kept at all.
/// Threads  one at a time.
class Ring {
 public:
  static constexpr std::size_t kEventsMax = 10'000;
  static constexpr std::size_t kHeldBytesMax = 4 << 20;

  /// `now`: a million numbers a second are free before those of a ring that begins later.
  explicit Ring(engine::Instant now)
      : base_(static_cast<std::uint64_t>(now.value()) * 1'000 + 1), first_(base_), next_(base_) {}

  void push(Event event);
  /// So many events of a type happened that are not worth keeping; everything before is forgotten,
  /// too.
  void skip(EventType type, std::uint64_t count);

  /// Of the newest event; of the one before the first, when there was none yet.
  std::uint64_t newest() const { return next_ - 1; }
  /// Whether everything after `seq` is here.
  bool has_all_after(std::uint64_t seq) const { return seq + 1 >= first_ && seq < next_; }
  /// Requires that it is here.
  const Event& at(std::uint64_t seq) const { return events_[(seq - base_) % kEventsMax]; }
  /// Since the beginning, up to the newest.
  const Counts& counts() const { return counts_; }
  /// The same up to `seq`, which must be newest() or one that has_all_after().
  Counts counts_upto(std::uint64_t seq) const;

 private:
  Event& place_of(std::uint64_t seq) { return events_[(seq - base_) % kEventsMax]; }
  void forget_oldest();

  std::vector<Event> events_;  // the one of `seq` at (seq - base_) % kEventsMax
  std::uint64_t base_;
  std::uint64_t first_;  // of those kept
  std::uint64_t next_;
  std::size_t held_bytes_ = 0;  // by those kept
  Counts counts_{};
};

}  // namespace twofold::http::inspect
