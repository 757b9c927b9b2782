#pragma once

#include <algorithm>
#include <cstddef>

#include "http/problem.h"
#include "log/topics.h"

namespace twofold::http {

/// order=total merges all partitions by seq, which takes a batch of each in memory: 64 partitions.
inline Try<> check_total_order(const log::TopicInfo& topic) {
  constexpr std::int32_t kPartitionsMax = 64;
  if (topic.config.partitions <= kPartitionsMax) return {};
  return Problem(ProblemKind::invalid_request, "order=total is for topics of up to 64 partitions.",
                 "order");
}

/// How much to read at a time so that the order can be kept: a partition that was left out could
/// hide an earlier seq.
inline std::size_t bytes_for_total_order(std::size_t bytes_max, std::size_t partitions) {
  constexpr std::size_t kBatchBytes = 1 << 20;  // few are larger
  return std::max(bytes_max, kBatchBytes * partitions);
}

}  // namespace twofold::http
