#include "http/strangers.h"

namespace twofold::http {

void Strangers::add(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  by_age_.emplace(next_, number);
  age_of_.emplace(number, next_++);
}

void Strangers::remove(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = age_of_.find(number);
  if (found == age_of_.end()) return;
  by_age_.erase(found->second);
  age_of_.erase(found);
}

std::optional<std::uint64_t> Strangers::make_room(bool full) {
  const std::lock_guard lock(mutex_);
  if (by_age_.empty() || (!full && by_age_.size() < max_)) return std::nullopt;
  const std::uint64_t oldest = by_age_.begin()->second;
  by_age_.erase(by_age_.begin());
  age_of_.erase(oldest);
  return oldest;
}

}  // namespace twofold::http
