#include "log/waiters.h"

#include <algorithm>
#include <utility>

namespace twofold::log {

std::uint64_t Waiters::add(Waiter waiter, Found found) {
  const std::uint64_t ticket = next_ticket_++;
  Waiting waiting{std::move(waiter), std::move(found), {}};
  waiting.seats.reserve(waiting.found.places.size());
  for (std::size_t i = 0; i < waiting.found.places.size(); ++i) {
    Line& line = lines_[waiting.found.places[i].log];
    waiting.seats.push_back(line.insert(line.end(), Seat{ticket, i}));
  }
  bytes_ += bytes_of(waiting.seats.size());
  waiting_.emplace(ticket, std::move(waiting));
  return ticket;
}

const Read* Waiters::find(std::uint64_t ticket) const {
  const auto found = waiting_.find(ticket);
  return found == waiting_.end() ? nullptr : &found->second.waiter.read;
}

Waiters::Found& Waiters::found(std::uint64_t ticket) { return waiting_.at(ticket).found; }

std::optional<Waiters::Waiter> Waiters::take(std::uint64_t ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return std::nullopt;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  bytes_ -= bytes_of(waiting.seats.size());
  for (std::size_t i = 0; i < waiting.seats.size(); ++i) {
    const auto line = lines_.find(waiting.found.places[i].log);
    line->second.erase(waiting.seats[i]);
    if (line->second.empty()) lines_.erase(line);
  }
  return std::move(waiting.waiter);
}

std::vector<Waiters::Seat> Waiters::of(LogId log) const {
  const auto line = lines_.find(log);
  if (line == lines_.end()) return {};
  return {line->second.begin(), line->second.end()};
}

std::vector<std::uint64_t> Waiters::all() const {
  std::vector<std::uint64_t> tickets;
  tickets.reserve(waiting_.size());
  for (const auto& [ticket, waiting] : waiting_) tickets.push_back(ticket);
  std::sort(tickets.begin(), tickets.end());
  return tickets;
}

}  // namespace twofold::log
