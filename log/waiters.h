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
/// a log that nobody waits for costs nothing. What was found so far is kept log by log, so that a
/// record more costs a look at its own log.
class Waiters {
 public:
  struct Waiter {
    Read read;
    Completion<Readable> done;
  };

  /// What a reader would get of one log.
  struct Place {
    LogId log;
    Offset upto;  ///< looked at so far
  };
  /// And of all of them.
  struct Found {
    std::vector<Place> places;
    std::size_t bytes = 0;
  };
  /// A reader's place in the line of a log.
  struct Seat {
    std::uint64_t ticket;
    std::size_t place;  ///< among the reader's
  };

  std::uint64_t add(Waiter waiter, Found found);
  /// Null when the ticket was taken already.
  const Read* find(std::uint64_t ticket) const;
  /// What it found; the logs stay those it was added with. Requires find().
  Found& found(std::uint64_t ticket);
  /// Ends the wait: the reader is in no list any more.
  std::optional<Waiter> take(std::uint64_t ticket);

  /// The readers of one log, or the tickets of all, in the order in which they came.
  std::vector<Seat> of(LogId log) const;
  std::vector<std::uint64_t> all() const;
  std::size_t size() const { return waiting_.size(); }
  /// Memory, about: of all, and of one reader of so many logs.
  std::size_t bytes() const { return bytes_; }
  static std::size_t bytes_of(std::size_t logs) { return 250 + logs * 120; }

 private:
  using Line = std::list<Seat>;
  struct Waiting {
    Waiter waiter;
    Found found;
    std::vector<Line::iterator> seats;  // of each place
  };

  std::uint64_t next_ticket_ = 1;
  std::size_t bytes_ = 0;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::unordered_map<LogId, Line> lines_;
};

}  // namespace twofold::log
