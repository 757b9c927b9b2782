#include "http/inspect/ring.h"

#include <utility>

namespace twofold::http::inspect {
namespace {

std::size_t bytes_of(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

// What an event holds besides its place in the ring.
std::size_t held_bytes(const Event& event) {
  std::size_t bytes = bytes_of(event.who) + bytes_of(event.text) + bytes_of(event.to);
  if (!event.assignment) return bytes;
  bytes += sizeof(Assignment) + bytes_of(event.assignment->state);
  for (const auto& [member, partitions] : event.assignment->members)
    bytes += sizeof(member) + sizeof(partitions) + bytes_of(member) +
             partitions.capacity() * sizeof(std::int32_t);
  return bytes;
}

}  // namespace

void Ring::push(Event event) {
  ++counts_[static_cast<std::size_t>(event.type)];
  held_bytes_ += held_bytes(event);
  if (next_ - first_ == kEventsMax) forget_oldest();
  if ((next_ - base_) % kEventsMax == events_.size()) {
    events_.push_back(std::move(event));
  } else {
    place_of(next_) = std::move(event);
  }
  ++next_;
  while (held_bytes_ > kHeldBytesMax) forget_oldest();
}

void Ring::forget_oldest() {
  Event& oldest = place_of(first_);
  held_bytes_ -= held_bytes(oldest);
  oldest = Event();
  ++first_;
}

void Ring::skip(EventType type, std::uint64_t count) {
  counts_[static_cast<std::size_t>(type)] += count;
  next_ += count;
  base_ = first_ = next_;
  events_.clear();
  held_bytes_ = 0;
}

Counts Ring::counts_upto(std::uint64_t seq) const {
  Counts counts = counts_;
  for (std::uint64_t later = seq + 1; later < next_; ++later)
    --counts[static_cast<std::size_t>(at(later).type)];
  return counts;
}

}  // namespace twofold::http::inspect
