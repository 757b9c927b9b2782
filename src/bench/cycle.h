#pragma once

#include <string>
#include <vector>

#include "src/bench/stage.h"

namespace twofold::bench {

/// The life of a message, on every lane: send a batch, receive as many, ack them. A cycle's latency
/// is that of its requests together.
///
/// Lanes take each other's messages, as workers of one queue do; each has sent as many as it
/// receives, so there is always one for everybody.
class Cycle final : public Workload {
 public:
  Cycle(const Stage& stage, const std::string& queue_path);

  std::string_view next(std::size_t lane) override;
  Outcome<Done> answered(std::size_t lane, const Reply& reply) override;

  /// Over all passes.
  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }
  std::uint64_t acked() const { return acked_; }
  std::uint64_t duplicated() const { return duplicated_; }

 private:
  enum class Step { send, receive, ack };
  struct Lane {
    Step step = Step::send;
    std::uint64_t owed = 0;  // sent in this cycle and not acked
    std::vector<Handed> handed;
    std::string ack;
    std::chrono::nanoseconds cycle{};
  };

  Outcome<Done> take_received(Lane& lane, std::string_view body);
  Outcome<Done> take_acked(Lane& lane, std::string_view body);

  const Stage& stage_;
  std::string queue_path_;
  std::string send_;
  std::string receive_;
  std::vector<Lane> lanes_;
  std::vector<bool> seen_;  // by offset
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t acked_ = 0;
  std::uint64_t duplicated_ = 0;
};

}  // namespace twofold::bench
