#pragma once

#include <optional>

#include "src/bench/compare/head_of_line.h"

namespace twofold::bench::compare {

/// What a trace says, in numbers.
struct Findings {
  std::uint64_t published = 0;
  std::uint64_t handled = 0;  // records that were handled at least once
  std::uint64_t lost = 0;     // the others
  nanoseconds elapsed{};      // from the first moment that counts until the last was handled
  double per_second = 0;
  /// From when a record was due (published first: from when reading began) until it was handled for
  /// the first time; ascending.
  std::vector<nanoseconds> latency;
  /// Records that were handled only after a later one of the same key had been.
  std::uint64_t order_violations = 0;
  std::uint64_t redelivered = 0;  // takes beyond the first of a record
  std::uint64_t repeated = 0;     // work that was done again
  std::uint64_t crashes = 0;
  HeadOfLine head_of_line;
  double busy = 0;  // which part of the workers' time was work

  nanoseconds percentile(double percent) const;
  nanoseconds max() const { return latency.empty() ? nanoseconds(0) : latency.back(); }
};

Findings find(const Trace& trace);

/// Of each record when it was first handled; nothing for one that never was.
std::vector<std::optional<nanoseconds>> first_handled(const Trace& trace);

std::uint64_t order_violations(const Trace& trace);

}  // namespace twofold::bench::compare
