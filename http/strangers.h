#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "engine/base/clock.h"

namespace twofold::http {

/// The connections of which nobody knows yet who is there: their handshake is not finished, or,
/// where keys are asked for, no request with one has come. They share a quarter of all places, so
/// that those who only knock leave room for those who work; the oldest of them goes when one more
/// comes.
///
/// Contract
///   make_room()  before a newcomer is added. Answers who has to go for it, and no longer counts
///   it. remove()     it has become known, or is closed; one that is not here changes nothing.
/// Units    connections, by their numbers.
/// Threads  any.
class Strangers {
 public:
  /// How long somebody may remain one.
  static constexpr engine::Duration kTime = std::chrono::seconds{10};

  explicit Strangers(std::size_t connections_max)
      : max_(connections_max < 4 ? 1 : connections_max / 4) {}

  std::size_t max() const { return max_; }
  void add(std::uint64_t number);
  void remove(std::uint64_t number);
  /// `full`: there is no place at all but for one that is given up. Nullopt: nobody has to go, or
  /// nobody is here.
  std::optional<std::uint64_t> make_room(bool full);

 private:
  const std::size_t max_;
  mutable std::mutex mutex_;
  std::uint64_t next_ = 0;                         // guarded by mutex_, as is what follows
  std::map<std::uint64_t, std::uint64_t> by_age_;  // numbers, oldest first
  std::unordered_map<std::uint64_t, std::uint64_t> age_of_;  // the other way round
};

}  // namespace twofold::http
