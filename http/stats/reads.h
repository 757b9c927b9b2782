#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/base/ids.h"

namespace twofold::http::stats {

/// How readers of topics come by their records.
enum class ReadBy : std::uint8_t { rest, ws };

/// What readers of a topic were given.
struct Given {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< keys, values and headers

  Given& operator+=(const Given& other) {
    records += other.records;
    bytes += other.bytes;
    return *this;
  }
};
using GivenBy = std::array<Given, 2>;  ///< by ReadBy

/// How many records readers of topics were given, until somebody takes the numbers away: answers
/// and streams are counted on every I/O thread, the past is kept on one. Memory   a few numbers for
/// each topic that was read since they were taken. Threads  any; the lock is held for one addition.
class Reads {
 public:
  struct Counts {
    std::unordered_map<engine::LogId, Given> by_log;  // over REST
    std::unordered_map<std::uint32_t, GivenBy> by_topic;
  };

  void of_log(engine::LogId log, Given given) {
    if (given.records == 0) return;
    const std::lock_guard lock(mutex_);
    counts_.by_log[log] += given;
  }
  void of_topic(std::uint32_t topic, Given given) {
    if (given.records == 0) return;
    const std::lock_guard lock(mutex_);
    counts_.by_topic[topic][static_cast<std::size_t>(ReadBy::ws)] += given;
  }
  /// Takes note of what came of numbers that were taken: how much a topic was read in all.
  void add_up(std::uint32_t topic, const GivenBy& given) {
    const std::lock_guard lock(mutex_);
    GivenBy& sum = in_all_[topic];
    for (std::size_t i = 0; i < given.size(); ++i) sum[i] += given[i];
  }
  void forget(std::uint32_t topic) {
    const std::lock_guard lock(mutex_);
    in_all_.erase(topic);
  }
  std::unordered_map<std::uint32_t, GivenBy> in_all() const {
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
  std::unordered_map<std::uint32_t, GivenBy> in_all_;  // by topic, until it is removed
};

/// How many WebSockets are subscribed to each queue. Threads  any.
class Consumers {
 public:
  void enter(const std::string& queue) {
    const std::lock_guard lock(mutex_);
    ++by_queue_[queue];
  }
  void leave(const std::string& queue) {
    const std::lock_guard lock(mutex_);
    if (--by_queue_[queue] == 0) by_queue_.erase(queue);
  }
  std::unordered_map<std::string, std::uint64_t> all() const {
    const std::lock_guard lock(mutex_);
    return by_queue_;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::uint64_t> by_queue_;
};

}  // namespace twofold::http::stats
