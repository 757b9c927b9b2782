#include "src/serve/memory.h"

#include <algorithm>

#include "engine/core_impl.h"
#include "http/broker.h"
#include "log/topics.h"
#include "queue/queues.h"

namespace twofold {
namespace {

constexpr std::uint64_t kBodiesShare = 4;
constexpr std::uint64_t kGatheredShare = 4;
constexpr std::uint64_t kAnswersShare = 8;
constexpr std::uint64_t kMarkedShare = 8;
constexpr std::uint64_t kMarkedBytes = 100;  // of one message, received alone
constexpr std::uint64_t kAheadShare = 16;
constexpr std::uint64_t kAheadBytes = 16;  // a unit of theirs
constexpr std::uint64_t kOnceShare = 32;  // of requests with a key, producers, and expected keys
constexpr std::uint64_t kOnceMin = 1 << 20;
constexpr std::uint64_t kTailShare = 16;
constexpr std::uint64_t kTailMin = 1 << 20;

// A tail cache that somebody sized is left as it is.
bool tail_cache_is_given(const Config& config) {
  const auto origin = config.origin.find("storage.tail_cache");
  return origin != config.origin.end() && origin->second != "default";
}

}  // namespace

MemoryBudgets memory_budgets(const Config& config) {
  const std::uint64_t limit = config.limits.memory;
  if (limit == 0) {
    const http::ServerOptions server;
    return {server.body_bytes_total_max, engine::CoreOptions().gathered_bytes_max,
            server.answer_bytes_total_max, queue::QueueLimits().marked_max,
            queue::QueueLimits().ahead_max, config.storage.tail_cache,
            engine::RequestLimits().bytes_max, log::TopicLimits().producer_bytes_max, log::TopicLimits().key_bytes_max};
  }
  const std::uint64_t tail_cache = tail_cache_is_given(config)
                                       ? config.storage.tail_cache
                                       : std::max(limit / kTailShare, kTailMin);
  const std::size_t once = std::max(limit / kOnceShare, kOnceMin);
  // Stored, a body may be a little larger than it came.
  return {std::max(limit / kBodiesShare, config.http.max_body),
          std::max(limit / kGatheredShare, 2 * config.http.max_body),
          std::max(limit / kAnswersShare, config.http.max_body), limit / kMarkedShare / kMarkedBytes,
          limit / kAheadShare / kAheadBytes, tail_cache, once, once, once};
}

}  // namespace twofold
