#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/clock.h"

namespace twofold::http::sqs {

/// Names to which something happened in the last minute. A restart forgets them, and so does time;
/// of more than kNamesMax the oldest are forgotten early.
/// Threads  the core.
class RecentNames {
 public:
  static constexpr engine::Duration kKept = std::chrono::seconds{60};
  static constexpr std::size_t kNamesMax = 100'000;

  bool holds(std::string_view name, engine::Instant now) const;
  void add(const std::string& name, engine::Instant now);
  void forget(const std::string& name) { since_.erase(name); }

 private:
  std::map<std::string, engine::Instant, std::less<>> since_;
  std::deque<std::pair<engine::Instant, std::string>> order_;  // of adding; some are forgotten
};

/// What the strict profile remembers.
struct RecentQueues {
  RecentNames purged;
  RecentNames deleted;
};

}  // namespace twofold::http::sqs
