#pragma once

#include <cstdint>
#include <vector>

#include "src/bench/sqs_text.h"

namespace twofold::bench {

/// Numbers the messages of a queue as they are sent and judges them as they come back.
///
/// A stream is what must keep its order: in a FIFO queue the messages that one connection sent to
/// one group. With at least as many groups as connections each group has one connection that sends
/// to it, and a stream is a group. With fewer the connections begin at different groups: in step
/// they would wait for each other. A standard queue is one stream whose order is not judged.
class SqsLedger {
 public:
  /// `groups` 0: a standard queue.
  SqsLedger(std::uint64_t groups, std::size_t lanes);

  struct Sent {
    std::uint64_t group;
    Numbered message;
  };
  /// The next message of a lane, in the group whose turn it is.
  Sent next(std::size_t lane);
  void received(const Numbered& message);

  bool fifo() const { return groups_ > 0; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t duplicated() const { return duplicated_; }
  /// Messages that came before an earlier one of their stream.
  std::uint64_t misordered() const { return misordered_; }

 private:
  void received_unordered(std::uint64_t number);

  std::uint64_t groups_;
  std::size_t lanes_;
  std::vector<std::uint64_t> turn_;      // of each lane: which of its groups is next
  std::vector<std::uint64_t> sending_;   // of each stream: the next number
  std::vector<std::uint64_t> expected_;  // of each stream
  std::vector<bool> seen_;               // of a standard queue
  std::uint64_t sent_ = 0;
  std::uint64_t duplicated_ = 0;
  std::uint64_t misordered_ = 0;
};

}  // namespace twofold::bench
