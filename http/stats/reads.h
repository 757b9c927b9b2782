#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "engine/base/ids.h"

namespace twofold::http::stats {

/// How many records readers of topics were given, until somebody takes the numbers away: answers
/// and streams are counted on every I/O thread, the past is kept on one. Memory   a few numbers for
/// each topic that was read since they were taken. Threads  any; the lock is held for one addition.
class Reads {
 public:
  struct Counts {
    std::unordered_map<engine::LogId, std::uint64_t> by_log;
    std::unordered_map<std::uint32_t, std::uint64_t> by_topic;
  };

  void of_log(engine::LogId log, std::uint64_t records) {
    if (records == 0) return;
    const std::lock_guard lock(mutex_);
    counts_.by_log[log] += records;
  }
  void of_topic(std::uint32_t topic, std::uint64_t records) {
    if (records == 0) return;
    const std::lock_guard lock(mutex_);
    counts_.by_topic[topic] += records;
  }
  /// Takes note of what came of numbers that were taken: how much a topic was read in all.
  void add_up(std::uint32_t topic, std::uint64_t records) {
    const std::lock_guard lock(mutex_);
    in_all_[topic] += records;
  }
  void forget(std::uint32_t topic) {
    const std::lock_guard lock(mutex_);
    in_all_.erase(topic);
  }
  std::unordered_map<std::uint32_t, std::uint64_t> in_all() const {
    const std::lock_guard lock(mutex_);
    return in_all_;
  }
  Counts take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(counts_, {});
  }

 private:
  mutable std::mutex mutex_;
  Counts counts_;
  std::unordered_map<std::uint32_t, std::uint64_t> in_all_;  // by topic, until it is removed
};

}  // namespace twofold::http::stats
