#pragma once

#include <chrono>
#include <string>

#include "src/config/outcome.h"

namespace twofold::cli {

struct SyncLatency {
  std::chrono::nanoseconds p50{};
  std::chrono::nanoseconds p99{};
  int writes = 0;
};

/// What one durable write costs here: 50 times 4 KiB written over an allocated temporary file in
/// `directory` and synced, the way the journal does it. The file is gone afterwards.
Outcome<SyncLatency> measure_sync(const std::string& directory);

}  // namespace twofold::cli
