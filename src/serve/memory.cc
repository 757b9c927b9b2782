#include "src/serve/memory.h"

#include <algorithm>

#include "engine/core_impl.h"
#include "http/broker.h"
#include "log/groups.h"
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
constexpr std::uint64_t kOnceShare = 32;   // of requests with a key, producers, and expected keys
constexpr std::uint64_t kOnceMin = 1 << 20;
constexpr std::uint64_t kReadersShare = 64;  // of groups, and of readers that wait
constexpr std::uint64_t kReadersMin = 1 << 20;
constexpr std::uint64_t kTailShare = 16;
constexpr std::uint64_t kTailMin = 1 << 20;

// A tail cache that somebody sized is left as it is.
bool tail_cache_is_given(const Config& config) {
  const auto origin = config.origin.find("storage.tail_cache");
  return origin != config.origin.end() && origin->second != "default";
}

MemoryBudgets fixed_budgets(const Config& config) {
  const http::ServerOptions server;
  const queue::QueueLimits queues;
  const log::TopicLimits topics;
  MemoryBudgets budgets;
  budgets.bodies = server.body_bytes_total_max;
  budgets.gathered = engine::CoreOptions().gathered_bytes_max;
  budgets.answers = server.answer_bytes_total_max;
  budgets.marked_messages = queues.marked_max;
  budgets.ahead = queues.ahead_max;
  budgets.tail_cache = config.storage.tail_cache;
  budgets.requests = engine::RequestLimits().bytes_max;
  budgets.producers = topics.producer_bytes_max;
  budgets.keys = topics.key_bytes_max;
  budgets.groups = log::GroupsOptions().bytes_max;
  budgets.waiting = topics.waiting_bytes_max;
  return budgets;
}

MemoryBudgets least_of(MemoryBudgets budgets, const MemoryBudgets& most) {
  budgets.bodies = std::min(budgets.bodies, most.bodies);
  budgets.gathered = std::min(budgets.gathered, most.gathered);
  budgets.answers = std::min(budgets.answers, most.answers);
  budgets.marked_messages = std::min(budgets.marked_messages, most.marked_messages);
  budgets.ahead = std::min(budgets.ahead, most.ahead);
  budgets.tail_cache = std::min(budgets.tail_cache, most.tail_cache);
  budgets.requests = std::min(budgets.requests, most.requests);
  budgets.producers = std::min(budgets.producers, most.producers);
  budgets.keys = std::min(budgets.keys, most.keys);
  budgets.groups = std::min(budgets.groups, most.groups);
  budgets.waiting = std::min(budgets.waiting, most.waiting);
  return budgets;
}

bool is_of_group(const Config& config) {
  const auto origin = config.origin.find("limits.memory");
  return origin != config.origin.end() && origin->second == kOfControlGroup;
}

}  // namespace

MemoryBudgets memory_budgets(const Config& config) {
  const std::uint64_t limit = config.limits.memory;
  if (limit == 0) return fixed_budgets(config);
  const std::size_t once = std::max(limit / kOnceShare, kOnceMin);
  const std::size_t readers = std::max(limit / kReadersShare, kReadersMin);
  MemoryBudgets budgets;
  // Stored, a body may be a little larger than it came.
  budgets.bodies = std::max(limit / kBodiesShare, config.http.max_body);
  budgets.gathered = std::max(limit / kGatheredShare, 2 * config.http.max_body);
  // Read and written, a record is there twice.
  budgets.answers = std::max(limit / kAnswersShare, 2 * config.http.max_body);
  budgets.marked_messages = limit / kMarkedShare / kMarkedBytes;
  budgets.ahead = limit / kAheadShare / kAheadBytes;
  budgets.tail_cache = tail_cache_is_given(config) ? config.storage.tail_cache
                                                   : std::max(limit / kTailShare, kTailMin);
  budgets.requests = budgets.producers = budgets.keys = once;
  budgets.groups = budgets.waiting = readers;
  // Whom nobody has asked for more gets no more of a large group than without one.
  return is_of_group(config) ? least_of(budgets, fixed_budgets(config)) : budgets;
}

std::uint64_t follow_group(Config& config, std::optional<std::uint64_t> group_bytes) {
  if (config.limits.memory > 0 || !group_bytes) return 0;
  config.limits.memory = std::max<std::uint64_t>(*group_bytes / 2, 1);
  config.origin.insert_or_assign("limits.memory", std::string(kOfControlGroup));
  return config.limits.memory;
}

}  // namespace twofold
