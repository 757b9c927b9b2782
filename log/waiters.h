#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "log/topics.h"

namespace twofold::log {

/// Readers that wait for a record in any of a few logs, each under a ticket.
///
/// A ticket is never used again, so whoever still holds an old one (a timer, a connection that went
/// away) finds nothing instead of somebody else. Adding and taking cost O(logs of that reader), and
/// a log that nobody waits for costs nothing.
class Waiters {
 public:
  struct Waiter {
    Read read;
    Completion<Readable> done;
  };

  std::uint64_t add(Waiter waiter, const std::vector<LogId>& logs);
  /// Null when the ticket was taken already.
  const Read* find(std::uint64_t ticket) const;
  /// Ends the wait: the reader is in no list any more.
  std::optional<Waiter> take(std::uint64_t ticket);

  /// Tickets of the readers of one log, or of all, in the order in which they came.
  std::vector<std::uint64_t> of(LogId log) const;
  std::vector<std::uint64_t> all() const;
  std::size_t size() const { return waiting_.size(); }

 private:
  using Line = std::list<std::uint64_t>;
  struct Place {
    LogId log;
    Line::iterator at;
  };
  struct Waiting {
    Waiter waiter;
    std::vector<Place> places;
  };

  std::uint64_t next_ticket_ = 1;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::unordered_map<LogId, Line> lines_;
};

}  // namespace twofold::log
