#include "http/inspect/ring.h"

#include <utility>

namespace twofold::http::inspect {

void Ring::push(Event event) {
  ++counts_[static_cast<std::size_t>(event.type)];
  const std::size_t place = (next_ - base_) % kEventsMax;
  if (place == events_.size()) {
    events_.push_back(std::move(event));
  } else {
    events_[place] = std::move(event);
  }
  ++next_;
  if (next_ - first_ > kEventsMax) ++first_;
}

void Ring::skip(EventType type, std::uint64_t count) {
  counts_[static_cast<std::size_t>(type)] += count;
  next_ += count;
  base_ = first_ = next_;
  events_.clear();
}

Counts Ring::counts_upto(std::uint64_t seq) const {
  Counts counts = counts_;
  for (std::uint64_t later = seq + 1; later < next_; ++later)
    --counts[static_cast<std::size_t>(at(later).type)];
  return counts;
}

}  // namespace twofold::http::inspect
