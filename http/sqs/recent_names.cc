#include "http/sqs/recent_names.h"

namespace twofold::http::sqs {

bool RecentNames::holds(std::string_view name, engine::Instant now) const {
  const auto found = since_.find(name);
  return found != since_.end() && now < found->second + kKept;
}

void RecentNames::add(const std::string& name, engine::Instant now) {
  while (!order_.empty() && (order_.size() >= kNamesMax || order_.front().first + kKept <= now)) {
    const auto& [since, old] = order_.front();
    const auto found = since_.find(old);
    if (found != since_.end() && found->second == since) since_.erase(found);
    order_.pop_front();
  }
  since_.insert_or_assign(name, now);
  order_.emplace_back(now, name);
}

}  // namespace twofold::http::sqs
