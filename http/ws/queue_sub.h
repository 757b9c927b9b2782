#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "http/message_page.h"
#include "http/wait.h"
#include "http/ws/subscription.h"
#include "queue/queues.h"

namespace twofold::http::ws {

/// A subscription to a queue: receives as long as there is credit, and knows what the client holds.
///
/// When it ends, what the client holds goes back at once. A message counts as received when it was
/// written to the socket; one that was not, or that an unsubscribing client gives back, does not.
/// `ack: on_send` acknowledges what was written, and nothing comes back.
class QueueSub final : public Subscription, public Watch {
 public:
  QueueSub(std::shared_ptr<Connection> connection, std::uint32_t sub, const Subscribe& request);

  ~QueueSub() override;

  const std::string& queue() const { return queue_; }
  /// What settling `receipts` has led to: what is done with takes no credit any more.
  void settled(const std::vector<std::string>& receipts,
               const std::vector<queue::Settled>& results);
  void extended(const std::vector<queue::ExtendItem>& items,
                const std::vector<queue::Settled>& results);

  // Subscription
  std::size_t on_turn(std::size_t quantum) override;
  void pause() override;
  void end(bool release) override;
  SubState state() const override;
  std::string about() const override { return "queue " + queue_; }
  engine::UniqueFunction<std::int64_t()> lag() const override;
  void tick(engine::Instant now) override;
  void on_written(std::uint64_t written) override;
  std::size_t held() const override { return held_.size(); }

  // Watch: over the receive that waits.
  void begin_wait(std::shared_ptr<Interruptible> wait) override;
  void end_wait() override { wait_.reset(); }

 private:
  struct Held {
    engine::Instant visible_at;
    std::uint64_t sent_at;  // of the connection's bytes: written once those are
    std::size_t bytes;
  };
  struct Sent {
    std::uint64_t sent_at;
    std::vector<std::string> receipts;
  };

  static Task<> receive(std::shared_ptr<QueueSub> self);
  static Task<> hand_over(std::shared_ptr<QueueSub> self, queue::Received received);
  void trace(const MessageRecords& records) const;
  void send(const queue::Received& received, const MessageRecords& records);
  void hold(const queue::Delivered& message, std::size_t bytes);
  void forget(const std::string& receipt);
  void give_back(std::vector<std::string> receipts);
  void give_back_all();
  void nack(std::vector<std::string> receipts, bool dropped);
  void fail(const engine::Error& error);
  std::size_t most() const;

  const std::string queue_;
  const std::optional<engine::Duration> visibility_timeout_;
  const std::size_t batch_max_;
  const bool ack_on_send_;
  Broker& broker_;
  const ServerCommon& common_;

  std::unordered_map<std::string, Held> held_;
  std::deque<Sent> sending_;  // on_send: not written yet
  std::shared_ptr<Interruptible> wait_;
  bool receiving_ = false;
  bool paused_ = false;
  bool starved_ = false;  // there was no memory for a message: until the next tick
};

}  // namespace twofold::http::ws
