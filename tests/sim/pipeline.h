#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/broker.h"
#include "http/call.h"
#include "http/once.h"
#include "http/transaction.h"
#include "tests/support/broker_rig.h"

namespace twofold::test {

/// Lives of a broker over one disk, and the clients that outlive them:
///
///   feeder   publishes kOrders orders into the topic "orders" as a numbered producer
///   worker   receives orders from the queue "work" and commits the acks and a line each in the
///            topic "ledger" together, under a key. No answer: the same commit again.
///   copier   reads the ledger as the group "copiers" and commits each line into the topic
///            "copies" together with the group's offset. No answer: asks where the group stands.
///
/// Commits are bodies of POST /v1/commit, carried out as its handler does. Everything is bounded:
/// a broker that answers nothing, or to whom nothing can be done any more, ends run().
class Pipeline {
 public:
  static constexpr int kOrders = 16;
  /// As the documentation says, or line and ack each by itself: what must not be enough.
  enum class Worker { together, apart };

  explicit Pipeline(std::uint64_t seed, Worker worker = Worker::together);
  ~Pipeline();

  engine::SimulatedFileSystem& disk() { return disk_; }
  /// The process dies when it would do its n-th step from now, on whatever thread.
  void kill_at(std::uint64_t step) { steps_left_ = step - 1; }
  /// How many commits were answered as they had been before.
  std::uint64_t replayed() const { return replayed_; }

  /// A new life on what is on the disk; false when the disk does not let it.
  bool start();
  /// Does what there is to do; false when it does not get there. While alive() it may go on.
  bool run();
  bool alive() const { return broker_ != nullptr; }
  void end_by_power_cut();
  void end_by_kill();
  /// False when it cannot come to its end.
  bool end_in_order();

  /// What can be seen, at any time, to have been lost after its answer or kept by half: an order
  /// that is acked and not in the ledger, or the other way round. Empty: nothing.
  std::string torn();
  /// What is not exactly once at the end. Empty: all is.
  std::string not_once();

 private:
  /// What the worker knows of a commit that it has no answer to.
  struct Open {
    std::string body;
    std::size_t lines = 0;
    std::string acks_after{};  ///< body of the commit behind it, where they are apart
    engine::RequestKey key{};
  };

  // -- asking the broker: nullopt when there is no answer, or one that says nothing
  template <class T, class Start>
  std::optional<engine::Result<T>> ask(Start start);
  std::optional<engine::Result<http::Committed>> commit(const std::string& body,
                                                        const engine::RequestKey* key);
  bool idle();
  void die();
  std::optional<std::vector<std::string>> records(const std::string& topic, engine::Offset from);
  std::int64_t copied();
  std::uint64_t unacked();

  // -- its clients: false when the broker does not answer
  bool set_up();
  bool feed();
  bool work();
  bool take(const queue::Received& received);
  bool settle();
  bool copy();

  engine::ManualClock clock_;
  engine::SeededRandom random_;
  engine::SimulatedFileSystem disk_;
  engine::ManualExecutor pool_{clock_};  // of cold reads for answers: commits have none
  std::optional<std::uint64_t> steps_left_{};
  const Worker worker_;
  http::Scratch scratch_;
  std::unique_ptr<BrokerRig> rig_;
  http::BrokerShared shared_;
  std::unique_ptr<http::Broker> broker_;

  std::optional<Open> open_;
  std::string value_;
  std::uint16_t keys_ = 0;
  std::uint64_t replayed_ = 0;
  std::uint64_t written_ = 0;  // commits answered
  std::array<std::size_t, 3>
      promised_{};  // records of orders, ledger and copies that were answered
};

}  // namespace twofold::test
