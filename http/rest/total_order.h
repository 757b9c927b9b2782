#pragma once

#include <cstddef>

#include "http/problem.h"

namespace twofold::http {

/// order=total merges the partitions that are read by seq, which takes a batch of each in memory:
/// 64 partitions.
inline Try<> check_total_order(std::size_t partitions) {
  constexpr std::size_t kPartitionsMax = 64;
  if (partitions <= kPartitionsMax) return {};
  return Problem(ProblemKind::invalid_request, "order=total reads up to 64 partitions.", "order")
      .with_hint("Name one with partition, or read as a group with several members.");
}

}  // namespace twofold::http
