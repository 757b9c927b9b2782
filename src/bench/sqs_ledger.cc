#include "src/bench/sqs_ledger.h"

#include <algorithm>

namespace twofold::bench {

SqsLedger::SqsLedger(std::uint64_t groups, std::size_t lanes)
    : groups_(groups), lanes_(lanes), turn_(lanes) {
  const std::uint64_t streams = groups == 0 ? 1 : groups < lanes ? groups * lanes : groups;
  sending_.resize(streams);
  expected_.resize(streams);
  if (groups == 0 || groups >= lanes) return;
  for (std::size_t lane = 0; lane < lanes; ++lane) turn_[lane] = lane;
}

SqsLedger::Sent SqsLedger::next(std::size_t lane) {
  ++sent_;
  if (!fifo())
    return Sent{
        0, Numbered{0, sending_[0]++}
    };
  const bool shared = groups_ < lanes_;
  const std::uint64_t own = shared ? groups_ : (groups_ - lane + lanes_ - 1) / lanes_;
  const std::uint64_t turn = turn_[lane]++ % own;
  const std::uint64_t group = shared ? turn : turn * lanes_ + lane;
  const std::uint64_t stream = shared ? group * lanes_ + lane : group;
  return Sent{
      group, Numbered{stream, sending_[stream]++}
  };
}

void SqsLedger::received(const Numbered& message) {
  if (message.stream >= expected_.size() || message.number >= sending_[message.stream]) {
    ++duplicated_;  // nobody sent this
    return;
  }
  if (!fifo()) return received_unordered(message.number);
  std::uint64_t& expected = expected_[message.stream];
  if (message.number < expected) ++duplicated_;
  if (message.number > expected) ++misordered_;
  expected = std::max(expected, message.number + 1);
}

void SqsLedger::received_unordered(std::uint64_t number) {
  if (number >= seen_.size()) seen_.resize(number * 2 + 1024);
  if (seen_[number]) ++duplicated_;
  seen_[number] = true;
}

}  // namespace twofold::bench
