#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/base/stopwatch.h"

namespace twofold::cli {

/// Waits up to `duration`; false when a signal ended it early.
bool wait_for(std::chrono::milliseconds duration);

/// Keeps a stream of events at a rate. The n-th event is due n/rate seconds after the first,
/// however long the ones before it took, so a slow answer is caught up with.
class Pace {
 public:
  /// Without a rate everything is due at once.
  explicit Pace(std::optional<double> per_second) : per_second_(per_second) {}

  /// How many of the next `wanted` events are due now.
  std::uint64_t due(std::uint64_t wanted) const;
  void took(std::uint64_t events) { taken_ += events; }
  /// Waits until at least one is due; false when a signal came.
  bool wait() const;

 private:
  std::optional<double> per_second_;
  std::uint64_t taken_ = 0;
  engine::Stopwatch since_first_;
};

}  // namespace twofold::cli
