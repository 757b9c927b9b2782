#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace twofold::bench {

/// Counts of durations with a relative error below 1 %: 128 buckets for each power of two of
/// nanoseconds. Recording costs a few nanoseconds and never allocates.
class Histogram {
 public:
  void record(std::chrono::nanoseconds duration);
  void clear();

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_ns_); }
  /// The duration that `percent` of the recorded ones do not exceed; zero when there are none.
  std::chrono::nanoseconds percentile(double percent) const;

 private:
  static constexpr int kStepBits = 7;
  static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;
  static constexpr std::size_t kBuckets = (64 - kStepBits) * kSteps;

  static std::size_t bucket_of(std::uint64_t ns);
  static std::uint64_t upper_end(std::size_t bucket);

  std::array<std::uint32_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace twofold::bench
