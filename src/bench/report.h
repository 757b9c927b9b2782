#pragma once

#include <optional>
#include <string>

#include "src/bench/bench.h"

namespace twofold::bench {

/// What stands beside every result: the same work on another device is another figure.
struct Device {
  std::string directory;
  std::chrono::nanoseconds sync_p50{};
  std::chrono::nanoseconds sync_p99{};
  bool direct = false;
};

/// "bench publish  connections=64 size=256B ..." : every parameter, so that a figure can be
/// repeated.
std::string header_text(const std::string& workload, const Options& options);

std::string report_text(const Report& report, const std::optional<Device>& device);
std::string report_json(const std::string& workload, const Options& options, const Report& report,
                        const std::optional<Device>& device);

}  // namespace twofold::bench
