#pragma once

#include <string>
#include <vector>

#include "src/bench/compare/trace.h"

namespace twofold::bench::compare {

/// One row of the two histograms, which share their rows.
struct Bucket {
  nanoseconds upto{};  // and longer than the row before
  std::uint64_t queue = 0;
  std::uint64_t log = 0;
};

/// Rows at 1, 2, 5, 10, 20, 50 ... from the shortest to the longest, at most 14: below, rows are
/// put together. Both ascending.
std::vector<Bucket> buckets_of(const std::vector<nanoseconds>& queue,
                               const std::vector<nanoseconds>& log);

/// "350 us", "12.4 ms", "1.23 s".
std::string time_text(nanoseconds time);

/// The end of a row: "5 ms", "1 s".
std::string bound_text(nanoseconds bound);


}  // namespace twofold::bench::compare
