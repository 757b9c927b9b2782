#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>

#include "engine/base/clock.h"

namespace twofold::http::access {

/// So much a second, and at once no more than a second's worth. One number, shared by all threads:
/// the time at which everything that was taken so far is paid for.
///
/// Contract
///   take()   may run into debt by one request: what is larger than a second's worth passes once
///            and is waited for afterwards. Refused is who still has debts of a second.
///   owe()    adds to the debts whatever they are, up to a day's: for what is known only once it was
///            given.
/// Units    `per_second` of whatever is counted; 0: no limit.
/// Threads  any.
class Quota {
 public:
  /// Before anybody takes of it.
  void limit(std::uint64_t per_second) { per_second_ = per_second; }
  std::uint64_t per_second() const { return per_second_; }

  /// Nullopt: taken. Else how long to wait before it is worth another try.
  std::optional<engine::Duration> take(std::uint64_t amount, engine::Instant now) {
    if (per_second_ == 0 || amount == 0) return std::nullopt;
    const std::int64_t at = now.value() * kNanosPerMilli;
    std::int64_t paid = paid_until_.load(std::memory_order_relaxed);
    for (;;) {
      if (const auto wait = wait_for(paid, at)) return wait;
      const std::int64_t upto = std::max(paid, at) + cost(amount);
      if (paid_until_.compare_exchange_weak(paid, upto, std::memory_order_relaxed))
        return std::nullopt;
    }
  }

  /// What take() would say to the smallest amount; takes nothing.
  std::optional<engine::Duration> look(engine::Instant now) const {
    if (per_second_ == 0) return std::nullopt;
    return wait_for(paid_until_.load(std::memory_order_relaxed), now.value() * kNanosPerMilli);
  }

  void owe(std::uint64_t amount, engine::Instant now) {
    if (per_second_ == 0 || amount == 0) return;
    const std::int64_t at = now.value() * kNanosPerMilli;
    std::int64_t paid = paid_until_.load(std::memory_order_relaxed);
    while (paid - at < kOwedMax) {
      const std::int64_t upto = std::min(std::max(paid, at) + cost(amount), at + kOwedMax);
      if (paid_until_.compare_exchange_weak(paid, upto, std::memory_order_relaxed)) return;
    }
  }

 private:
  static constexpr std::int64_t kNanosPerMilli = 1'000'000;
  static constexpr std::int64_t kSecond = 1'000 * kNanosPerMilli;
  static constexpr std::int64_t kOwedMax = 86'400 * kSecond;

  std::optional<engine::Duration> wait_for(std::int64_t paid, std::int64_t at) const {
    const std::int64_t beyond = std::max(paid, at) - at + cost(1) - kSecond;
    if (beyond <= 0) return std::nullopt;
    return engine::Duration{beyond / kNanosPerMilli + 1};
  }

  std::int64_t cost(std::uint64_t amount) const {
    constexpr std::uint64_t kAmountMax = 1ull << 32;  // so that the product fits
    return static_cast<std::int64_t>(
        std::min(amount, kAmountMax) * static_cast<std::uint64_t>(kSecond) / per_second_);
  }

  std::uint64_t per_second_ = 0;
  std::atomic<std::int64_t> paid_until_{0};
};

}  // namespace twofold::http::access
