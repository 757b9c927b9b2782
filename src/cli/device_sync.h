#pragma once

#include <chrono>
#include <string>

#include "src/config/outcome.h"

namespace twofold::cli {

struct SyncLatency {
  std::chrono::nanoseconds p50{};
  std::chrono::nanoseconds p99{};
  int writes = 0;
  bool direct = false;  // past the page cache, as the journal writes where it can
};

/// What one durable write costs here: 50 times 4 KiB over a file that was written before, each on
/// the device when its call returns, the way the journal does it: direct and synchronous where the
/// file system allows that, else buffered and synced. Uses a nameless file in `directory`.
Outcome<SyncLatency> measure_sync(const std::string& directory);

}  // namespace twofold::cli
