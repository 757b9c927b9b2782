#pragma once

#include <string>
#include <vector>

#include "src/bench/sqs_ledger.h"
#include "src/bench/stage.h"

namespace twofold::bench {

/// What a lane says to one queue of an SQS endpoint, built into a buffer of the lane's own.
class SqsTraffic {
 public:
  /// `lanes` send; a FIFO queue when `options.groups` says how many groups.
  SqsTraffic(const Target& target, const Options& options, std::string queue_url);

  /// `batch` 1 is the single action, more is its batch.
  std::string_view send(std::size_t lane, std::size_t batch);
  std::string_view receive(std::size_t lane, std::size_t max);
  std::string_view remove(std::size_t lane, const std::vector<SqsHanded>& handed);
  /// How many entries the lane's last request has; refused when the answer says that some failed.
  Outcome<std::size_t> all_of(std::size_t lane, std::string_view answer) const;

  SqsLedger& ledger() { return ledger_; }

 private:
  struct Buffer {
    std::string body;
    std::string request;
    std::size_t entries = 0;
  };
  void append_message(std::size_t lane, std::string& body);

  std::string queue_;  // {"QueueUrl":"...", the beginning of every body
  std::size_t size_;
  SqsCall send_, send_batch_, receive_, remove_, remove_batch_;
  SqsLedger ledger_;
  std::vector<Buffer> lanes_;
};

/// Fills the queue, ten messages a request.
class SqsFill final : public Workload {
 public:
  explicit SqsFill(SqsTraffic& traffic) : traffic_(traffic) {}
  std::string_view next(std::size_t lane) override;
  Outcome<Done> answered(std::size_t lane, const Reply& reply) override;

 private:
  SqsTraffic& traffic_;
};

/// The life of a message as Cycle has it: send a batch, receive as many, delete them. A lane takes
/// no more than it has sent, so there is always enough for everybody.
class SqsCycle final : public Workload {
 public:
  SqsCycle(SqsTraffic& traffic, std::size_t lanes, std::size_t batch)
      : traffic_(traffic), batch_(batch), lanes_(lanes) {}

  std::string_view next(std::size_t lane) override;
  Outcome<Done> answered(std::size_t lane, const Reply& reply) override;

  /// Over all passes.
  std::uint64_t received() const { return received_; }
  std::uint64_t removed() const { return removed_; }

 private:
  enum class Step { send, receive, remove };
  struct Lane {
    Step step = Step::send;
    std::size_t owed = 0;  // sent in this cycle and not deleted
    std::vector<SqsHanded> handed;
    std::chrono::nanoseconds cycle{};
  };

  Outcome<Done> take_received(Lane& lane, std::string_view body);
  void take_removed(Lane& lane, std::size_t removed);

  SqsTraffic& traffic_;
  std::size_t batch_;
  std::vector<Lane> lanes_;
  std::uint64_t received_ = 0;
  std::uint64_t removed_ = 0;
};

}  // namespace twofold::bench
