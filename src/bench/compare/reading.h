#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/stopwatch.h"
#include "src/bench/compare/trace.h"
#include "src/config/outcome.h"

namespace twofold::bench::compare {

/// What the workers of one model share while they read: which records have been handled, and
/// whether it is over, because all have been, or because something went wrong.
/// Threads: all functions may be called from any.
class Reading {
 public:
  Reading(const engine::Stopwatch& clock, std::uint64_t records)
      : clock_(clock), handled_(records), left_(records) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  nanoseconds now() const { return clock_.elapsed(); }

  /// Works for so long; false when the reading ended meanwhile.
  bool work(nanoseconds lasts);

  /// The record was handled, perhaps not for the first time. The last one ends the reading.
  void handled(std::uint64_t record);

  void stop();
  /// Only the first reason counts, and none after the end.
  void fail(Refused reason);

  bool over() const;
  std::uint64_t left() const;
  /// When a record was last handled for the first time.
  nanoseconds last_handled() const;
  std::optional<Refused> failure() const;
  /// Until the reading is over, or so long.
  void wait(nanoseconds lasts);

 private:
  const engine::Stopwatch& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> handled_;
  std::uint64_t left_;
  nanoseconds last_handled_{};
  bool over_ = false;
  std::optional<Refused> failure_;
};

}  // namespace twofold::bench::compare
