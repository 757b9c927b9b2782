#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace twofold::engine {

/// How often something took how long: counts up to fixed bounds, for metrics.
/// Units    microseconds.
/// Threads  one writes, any read; two numbers read one after the other may be a moment apart.
class DurationHistogram {
 public:
  static constexpr std::array<std::int64_t, 17> kBoundsUs = {
      50,     100,    250,    500,     1'000,   2'500,     5'000,     10'000,    25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
  static constexpr std::size_t kClasses = kBoundsUs.size() + 1;  ///< the last is beyond all bounds

  void add(std::chrono::nanoseconds took) {
    const std::int64_t us = took.count() / 1'000;
    std::size_t at = 0;
    while (at < kBoundsUs.size() && us > kBoundsUs[at]) ++at;
    raise(counts_[at], 1);
    raise(sum_us_, us > 0 ? static_cast<std::uint64_t>(us) : 0);
  }
  /// Of one class alone.
  std::uint64_t count(std::size_t at) const { return counts_[at].load(std::memory_order_relaxed); }
  std::uint64_t sum_us() const { return sum_us_.load(std::memory_order_relaxed); }

 private:
  using Number = std::atomic<std::uint64_t>;
  static void raise(Number& number, std::uint64_t by) {
    number.store(number.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::array<Number, kClasses> counts_{};
  Number sum_us_{0};
};

/// How often there were how many of something at once: counts up to powers of two.
/// Threads  one.
class CountHistogram {
 public:
  static constexpr std::array<std::uint64_t, 13> kBounds = {1,   2,   4,   8,     16,    32,   64,
                                                            128, 256, 512, 1'024, 4'096, 16'384};
  static constexpr std::size_t kClasses = kBounds.size() + 1;  ///< the last is beyond all bounds

  void add(std::uint64_t count) {
    std::size_t at = 0;
    while (at < kBounds.size() && count > kBounds[at]) ++at;
    ++counts_[at];
    sum_ += count;
  }
  /// Of each class alone.
  const std::array<std::uint64_t, kClasses>& counts() const { return counts_; }
  std::uint64_t sum() const { return sum_; }

 private:
  std::array<std::uint64_t, kClasses> counts_{};
  std::uint64_t sum_ = 0;
};

}  // namespace twofold::engine
