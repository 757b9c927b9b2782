#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "engine/base/clock.h"

namespace twofold::http::access {

/// Who shows wrong keys: each address may do so ten times at once and once a second after that. What
/// is beyond is still looked at, so that nobody can lock out others behind the same address; but it
/// is answered with "too many", and makes no line for the operator.
/// Addresses share a fixed number of places: who meets another one there pays for both.
/// Threads  any.
class Failures {
 public:
  /// What a wrong key is answered late by.
  static constexpr auto kDelay = std::chrono::milliseconds{100};
  static constexpr int kAtOnce = 10;

  /// Whether one more of this address is to be answered as what it is.
  bool take(std::string_view address, engine::Instant now);

 private:
  static constexpr std::size_t kPlaces = 4'096;
  std::mutex mutex_;
  std::array<std::int64_t, kPlaces> paid_until_{};  // milliseconds, as Instant
};

}  // namespace twofold::http::access
