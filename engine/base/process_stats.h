#pragma once

#include <cstdint>

namespace twofold::engine {

/// What the operating system says about this process, for figures only; zeros where it says
/// nothing. Reads /proc.
struct ProcessStats {
  double cpu_seconds = 0;  ///< user and system
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t fds_max = 0;
};

/// May take a millisecond; any thread.
ProcessStats read_process_stats();

}  // namespace twofold::engine
