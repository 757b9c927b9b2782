#pragma once

#include <string>
#include <vector>

#include "src/bench/stage.h"

namespace twofold::bench {

/// The life of a message, on every lane: send a batch, receive as many, ack them. A cycle's latency
/// is that of its requests together.
///
/// Lanes take each other's messages, as workers of one queue do; a lane takes no more than it has
/// sent, so there is always one for everybody.
class Cycle final : public Workload {
 public:
  /// Of `keep_every` messages one is received and never acked; 0: none.
  Cycle(const Stage& stage, const std::string& queue_path, std::uint64_t keep_every = 0);

  std::string_view next(std::size_t lane) override;
  Outcome<Done> answered(std::size_t lane, const Reply& reply) override;

  /// Over all passes.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }
  std::uint64_t acked() const { return acked_; }
  std::uint64_t kept() const { return kept_; }
  std::uint64_t duplicated() const { return duplicated_; }

 private:
  enum class Step { send, receive, ack };
  struct Lane {
    Step step = Step::send;
    std::size_t owed = 0;  // sent in this cycle and neither acked nor kept
    std::vector<Handed> handed;
    std::string ack;
    std::chrono::nanoseconds cycle{};
  };

  const std::string& receive(std::size_t max);
  Outcome<Done> take_received(Lane& lane, std::string_view body);
  Outcome<Done> take_acked(Lane& lane, std::string_view body);
  void pay(Lane& lane, std::size_t messages);

  const Stage& stage_;
  std::string queue_path_;
  std::string send_;
  std::vector<std::string> receive_;  // by how many are asked for
  std::uint64_t keep_every_;
  std::vector<Lane> lanes_;
  std::vector<bool> seen_;  // by offset
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t kept_ = 0;
  std::uint64_t duplicated_ = 0;
};

}  // namespace twofold::bench
