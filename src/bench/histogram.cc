#include "src/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace twofold::bench {

// The first 128 nanoseconds have a bucket each; after that every power of two is cut into 128.
std::size_t Histogram::bucket_of(std::uint64_t ns) {
  if (ns < kSteps) return static_cast<std::size_t>(ns);
  const int shift = static_cast<int>(std::bit_width(ns)) - 1 - kStepBits;
  const std::size_t step = static_cast<std::size_t>(ns >> shift) - kSteps;
  return static_cast<std::size_t>(shift + 1) * kSteps + step;
}

std::uint64_t Histogram::upper_end(std::size_t bucket) {
  if (bucket < kSteps) return bucket;
  const std::size_t shift = bucket / kSteps - 1;
  return ((kSteps + bucket % kSteps + 1) << shift) - 1;
}

void Histogram::record(std::chrono::nanoseconds duration) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  ++buckets_[std::min(bucket_of(ns), kBuckets - 1)];
  ++count_;
  max_ns_ = std::max(max_ns_, ns);
}

void Histogram::clear() {
  buckets_.fill(0);
  count_ = 0;
  max_ns_ = 0;
}

std::chrono::nanoseconds Histogram::percentile(double percent) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted && seen > 0) {
      return std::chrono::nanoseconds(std::min(upper_end(bucket), max_ns_));
    }
  }
  return std::chrono::nanoseconds(0);
}

}  // namespace twofold::bench
