#include "http/log_owners.h"

#include <algorithm>

namespace twofold::http {
namespace {

constexpr std::size_t kQueuesAtOnce = 256;

}  // namespace

void LogOwners::find_topics(Broker& broker) {
  for (auto it = wanted_.begin(); it != wanted_.end();) {
    const auto id = broker.topics.topic_of(*it);
    const std::string* const name = id ? broker.topics.name_of(*id) : nullptr;
    const auto topic = name ? broker.topics.resolve(*name) : std::nullopt;
    if (!topic) {
      ++it;
      continue;
    }
    const auto partition = std::find(topic->logs->begin(), topic->logs->end(), *it);
    const auto number = static_cast<std::int32_t>(partition - topic->logs->begin());
    found_[*it] = LogOwner{broker.name_space, *name, {}, engine::PartitionId{number}};
    it = wanted_.erase(it);
  }
}

bool LogOwners::find_queues(Broker& broker, std::string& after) {
  if (wanted_.empty()) return false;
  const auto queues = broker.queues.list(after, kQueuesAtOnce);
  for (const queue::QueueInfo& queue : queues) {
    if (!queue.own_log || wanted_.erase(*queue.own_log) == 0) continue;
    found_[*queue.own_log] = LogOwner{broker.name_space, {}, queue.name, engine::PartitionId{0}};
  }
  if (queues.size() < kQueuesAtOnce) return false;
  after = queues.back().name;
  return true;
}

const LogOwner* LogOwners::of(engine::LogId log) const {
  const auto found = found_.find(log);
  return found == found_.end() ? nullptr : &found->second;
}

}  // namespace twofold::http
