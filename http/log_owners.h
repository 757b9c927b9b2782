#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "http/broker.h"

namespace twofold::http {

/// Whose log it is, by the names that people know.
struct LogOwner {
  std::string name_space{};  ///< empty: the default one
  std::string topic{};       ///< one of these two is empty
  std::string queue{};
  engine::PartitionId partition{0};
};

/// Finds the names of logs, for reports. Topics are looked up; queues are gone through, in pieces.
///
/// Threads  any, but its methods on the core. What was removed meanwhile has no owner.
class LogOwners {
 public:
  explicit LogOwners(const std::vector<engine::LogId>& wanted)
      : wanted_(wanted.begin(), wanted.end()) {}

  /// Those that are partitions of this broker's topics.
  void find_topics(Broker& broker);
  /// Looks at so many of its queues, from the one behind `after`, which moves on; false: there are
  /// no more, or nothing is wanted any more.
  bool find_queues(Broker& broker, std::string& after);
  /// Null: nobody's, as far as was looked.
  const LogOwner* of(engine::LogId log) const;

 private:
  std::unordered_set<engine::LogId> wanted_;
  std::unordered_map<engine::LogId, LogOwner> found_;
};

}  // namespace twofold::http
