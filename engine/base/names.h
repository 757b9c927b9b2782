#pragma once

#include <cstddef>
#include <string>

#include "engine/base/check.h"
#include "engine/base/error.h"

namespace twofold::engine {

/// How many names are in use, over all rooms that share this, and how many may be.
///
/// Contract
///   room()          before something new gets a name; error: too_many_names.
///   add(), remove() as names come and go, on replay too: what is on the disk is counted, not
///                   refused, so that a lowered bound keeps nothing from starting.
/// Threads  the core only.
class Names {
 public:
  static constexpr std::size_t kMost = 1'000'000;

  explicit Names(std::size_t most = kMost) : most_(most) {}

  Result<> room() const {
    if (count_ < most_) return {};
    return Error(
        Errc::too_many_names, "there are " + std::to_string(count_) + " topics and queues already",
        "delete some that are not used, or raise limits.names (" + std::to_string(most_) + ")");
  }
  void add() { ++count_; }
  void remove() {
    TF_CHECK(count_ > 0);
    --count_;
  }

 private:
  const std::size_t most_;
  std::size_t count_ = 0;
};

}  // namespace twofold::engine
