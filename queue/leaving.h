#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "queue/runs.h"

namespace twofold::queue {

/// Messages that are done with, but a crash could still bring back: what waits behind them goes on
/// waiting. As many as one commit holds.
class Leaving {
 public:
  void add(const Runs& runs) {
    for (const Run& run : runs)
      for (engine::Offset o = run.base; o < run.end(); o = engine::advance(o, 1)) ++times_[o];
  }
  void remove(const Runs& runs) {
    for (const Run& run : runs) {
      for (engine::Offset o = run.base; o < run.end(); o = engine::advance(o, 1)) {
        const auto at = times_.find(o);
        if (at != times_.end() && --at->second == 0) times_.erase(at);
      }
    }
  }
  std::optional<engine::Offset> first() const {
    return times_.empty() ? std::nullopt : std::optional(times_.begin()->first);
  }
  bool has(engine::Offset o) const { return !times_.empty() && times_.contains(o); }

 private:
  // A message may come back and leave again before it was first known to be gone.
  std::map<engine::Offset, std::uint32_t> times_;
};

}  // namespace twofold::queue
