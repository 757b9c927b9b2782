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

/// "p50 0.040 ms, p99 0.210 ms (50 direct writes of 4 KiB in .)".
std::string device_text(const Device& device);

inline double millis(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}
/// "1,234,567"; a fraction is rounded.
std::string grouped(double number);
std::string grouped(std::uint64_t number);

/// "bench publish  connections=64 size=256B ..." : every parameter, so that a figure can be
/// repeated.
std::string header_text(const std::string& workload, const Options& options);

std::string report_text(const Report& report, const std::optional<Device>& device);
std::string report_json(const std::string& workload, const Options& options, const Report& report,
                        const std::optional<Device>& device);

}  // namespace twofold::bench
