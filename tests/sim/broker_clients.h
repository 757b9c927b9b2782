#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/broker_referee.h"
#include "tests/support/broker_rig.h"

namespace twofold::test {

/// One call of a client, until it is answered or its broker died.
struct Call {
  std::uint64_t process;
  std::uint64_t turn;            ///< in which it was made
  std::string what;
  bool durable_answer = false;   ///< waits for a commit: must be answered once the broker is idle
  bool sound = true;             ///< nothing is wrong with it: only the broker's state may refuse
  bool returned = false;
  bool answered = false;
  bool refused = false;          ///< answered with an error before the call returned
  bool cancelled = false;
  std::uint64_t newest_seq = 0;  ///< that anybody had been told when it was made
};
using CallRef = std::shared_ptr<Call>;

/// Clients that do anything to a few topics, queues and groups, by a seed. Each action happens in a
/// turn of the core; what it changes is told to the referee, what it is answered is judged.
class Clients {
 public:
  Clients(engine::Random& random, Referee& referee) : random_(random), referee_(referee) {}

  /// The broker that they talk to from now on; calls to the one before stay unanswered.
  void connect(BrokerRig* rig);
  /// One action of one client. In a turn of the core.
  void act();
  /// Reads may fail from now on: a fault was injected into the disk.
  void disk_is_unwell(bool unwell) { disk_unwell_ = unwell; }
  /// What waits for a commit, and still does.
  std::vector<std::string> unanswered() const;
  /// Queues in which somebody waits for a message.
  std::multiset<std::string> waiting() const;
  /// Receives what is ready and acks it. In a turn of the core.
  void consume(const std::string& queue);

 private:
  using Action = void (Clients::*)();
  static const std::vector<std::pair<int, Action>>& actions();

  // -- broker_clients.cc
  CallRef begin(const std::string& what, const std::string& detail, bool sound,
                bool durable_answer = true);
  /// The call came back to its caller: whether it was taken.
  bool taken(const CallRef& call);
  void ok(const CallRef& call, const std::string& detail = {});
  /// An error is a refusal while the call lasts; after it, the outcome is unknown.
  void failed(const CallRef& call, const engine::Error& error);
  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }
  template <class T>
  const T& any(const std::vector<T>& of) {
    return of[random_.below(of.size())];
  }
  std::string any_topic();
  std::string any_queue();
  std::optional<engine::Durability> any_durability();
  std::int64_t now() const { return rig_->clock().now().value(); }

  // -- broker_clients_catalog.cc
  void create_topic();
  void configure_topic();
  void remove_topic();
  void create_queue();
  void attach_queue();
  void configure_queue();
  void configured(const std::string& name, const queue::QueueConfig& config, ModelQueue& queue);
  void remove_queue();
  template <class T>
  engine::Completion<T> durably(const CallRef& call);
  queue::QueueConfig any_queue_config(bool attached);
  log::TopicConfig any_topic_config();
  void put_queue(const std::string& name, queue::QueueConfig config,
                 std::optional<queue::QueueSource> source);

  // -- broker_clients_log.cc
  struct Outgoing;
  std::shared_ptr<Outgoing> any_records(std::size_t count);
  void refuse(const Outgoing& records);
  void told_seq(const CallRef& call, std::int64_t id, std::uint64_t seq,
                engine::Durability reached);
  void publish();
  void published(const CallRef& call, const std::vector<std::int64_t>& ids,
                 const std::vector<std::pair<std::int32_t, std::int64_t>>& places,
                 std::uint32_t topic, engine::Durability asked,
                 const engine::Result<log::Published>& result);
  void read();
  void readable(const CallRef& call, const std::string& topic, bool alone,
                engine::Result<log::Readable> result);
  void check_read(const std::vector<engine::StoredBatch>& batches, std::int64_t from,
                  const std::vector<std::int64_t>& expected, std::int64_t upto);
  void find_time();
  void trim();
  void commit_offsets();
  void look_at_group();
  void remove_group();

  // -- broker_clients_queue.cc
  void send();
  void receive();
  void received(const CallRef& call, const std::string& queue, engine::Duration timeout,
                engine::Result<queue::Received> result);
  std::int32_t deliver(std::pair<const std::string, ModelQueue>& queue,
                       const queue::Delivered& message);
  void check_messages(const std::string& queue, std::vector<std::int32_t> receipts,
                      std::vector<std::int64_t> notes, std::vector<engine::ReadPlan> plans,
                      std::vector<engine::PartitionId> partitions);
  void purge();
  void go_away();

  // -- broker_clients_settle.cc
  void ack();
  void nack();
  void extend();
  void release();
  std::vector<std::int32_t> any_receipts(const std::string& queue);
  ModelMessage* current(const std::string& queue, std::int32_t receipt);
  std::set<queue::Settled> expected(const std::string& queue, std::int32_t receipt);
  void release(const std::string& queue, const std::vector<std::int32_t>& receipts);
  void ack(const std::string& queue, const std::vector<std::int32_t>& receipts);

  engine::Random& random_;
  Referee& referee_;
  BrokerRig* rig_ = nullptr;
  bool disk_unwell_ = false;
  std::uint64_t processes_ = 0;
  std::uint64_t newest_seq_ = 0;
  std::vector<CallRef> calls_;
  std::map<std::uint64_t, std::pair<std::string, CallRef>> waiting_receivers_;  // by ticket
  // A queue that is configured may serve who waits for it at once, before the model knows why.
  bool configuring_ = false;
  std::vector<engine::UniqueFunction<void()>> told_later_;
  std::map<std::uint64_t, CallRef> waiting_readers_;
  std::vector<KnownReceipt> receipts_;
};

}  // namespace twofold::test
