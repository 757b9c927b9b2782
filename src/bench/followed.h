#pragma once

#include <cstdint>
#include <string_view>

#include "src/bench/histogram.h"
#include "src/bench/stream_frames.h"

namespace twofold::bench {

/// What a subscriber of one partition has seen: every number once, in order.
class Followed {
 public:
  /// Of the deliveries in one message, read at `now_ns`; how many there were. Latencies go to
  /// `latency`, from when a record was due to be sent.
  std::size_t saw(std::string_view payload, std::uint64_t now_ns, Histogram& latency);

  std::uint64_t received() const { return received_; }
  /// Numbers that came again, or behind a later one.
  std::uint64_t repeated() const { return repeated_; }

 private:
  std::uint64_t next_ = 0;  // the least number that may come
  std::uint64_t received_ = 0;
  std::uint64_t repeated_ = 0;
};

inline std::size_t Followed::saw(std::string_view payload, std::uint64_t now_ns,
                                 Histogram& latency) {
  std::size_t seen = 0, at = 0;
  while (const auto mark = next_mark(payload, at)) {
    ++seen;
    latency.record(std::chrono::nanoseconds(now_ns - mark->sent_ns));
    if (mark->number < next_) {
      ++repeated_;
    } else {
      next_ = mark->number + 1;
      ++received_;
    }
  }
  return seen;
}

}  // namespace twofold::bench
