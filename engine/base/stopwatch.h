#pragma once

#include <chrono>
#include <cstdint>

namespace twofold::engine {

/// Measures how long something took, for figures and for pacing a client; nothing the broker
/// decides may depend on it. Nanoseconds of CLOCK_MONOTONIC.
class Stopwatch {
 public:
  Stopwatch() : started_ns_(read_ns()) {}

  void restart() { started_ns_ = read_ns(); }
  std::chrono::nanoseconds elapsed() const {
    return std::chrono::nanoseconds(read_ns() - started_ns_);
  }

 private:
  static std::int64_t read_ns();
  std::int64_t started_ns_;
};

}  // namespace twofold::engine
