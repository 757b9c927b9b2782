#include "log/waiters.h"

#include <algorithm>
#include <utility>

namespace twofold::log {

std::uint64_t Waiters::add(Waiter waiter, const std::vector<LogId>& logs) {
  const std::uint64_t ticket = next_ticket_++;
  Waiting waiting{std::move(waiter), {}};
  waiting.places.reserve(logs.size());
  for (const LogId log : logs) {
    Line& line = lines_[log];
    waiting.places.push_back({log, line.insert(line.end(), ticket)});
  }
  waiting_.emplace(ticket, std::move(waiting));
  return ticket;
}

const Read* Waiters::find(std::uint64_t ticket) const {
  const auto found = waiting_.find(ticket);
  return found == waiting_.end() ? nullptr : &found->second.waiter.read;
}

std::optional<Waiters::Waiter> Waiters::take(std::uint64_t ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return std::nullopt;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  for (const Place& place : waiting.places) {
    const auto line = lines_.find(place.log);
    line->second.erase(place.at);
    if (line->second.empty()) lines_.erase(line);
  }
  return std::move(waiting.waiter);
}

std::vector<std::uint64_t> Waiters::of(LogId log) const {
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
