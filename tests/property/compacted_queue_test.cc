// Queues of several kinds over a topic that is compacted, restarted and read, over the real engine:
// what a queue counts is exactly what is stored, is its own and was not acked.

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/record_batch.h"
#include "tests/support/broker_rig.h"

namespace twofold::test {
namespace {

using namespace std::chrono_literals;
using engine::Offset;
using engine::Result;

const std::string kValue(120, 'v');

class CompactedBroker {
 public:
  explicit CompactedBroker(std::uint32_t seed) : random_(seed), disk_(random_) { start(); }

  engine::SeededRandom& random() { return random_; }
  std::uint64_t below(std::uint64_t n) { return random_.below(n); }

  void publish(int records) {
    std::vector<std::string> keys;
    for (int i = 0; i < records; ++i) keys.push_back("key" + std::to_string(below(12)));
    log::Publish publish{"prices", {}, std::nullopt};
    for (const std::string& key : keys)
      publish.records.push_back({
          {key, kValue, {}, clock_.wall()},
          std::nullopt
      });
    turn([&] {
      rig_->topics().publish(std::move(publish),
                             [](Result<log::Published> done) { TF_CHECK(done.has_value()); });
    });
  }
  void attach(queue::Order order) {
    const std::string name = "queue" + std::to_string(acked_.size());
    queue::QueueConfig config;
    config.order = order;
    const auto logs = rig_->topics().find("prices")->logs;
    const Offset start{static_cast<std::int64_t>(
        below(2) == 0 ? 0 : below(static_cast<std::uint64_t>(end().value()) + 1))};
    queue::QueueSource source{"prices", logs, {start}};
    turn([&] {
      rig_->queues().create(name, config, source, false,
                            [](Result<queue::QueueInfo> made) { TF_CHECK(made.has_value()); });
    });
    acked_[name] = {start, {}};
  }
  /// Receives some, acks some of those.
  void work(const std::string& queue) {
    queue::Received received;
    const queue::Receive receive{queue, 1 + below(6), 1 << 20, 30s, {}};
    turn([&] {
      rig_->queues().receive(receive, clock_.now(), [&](Result<queue::Received> got) {
        TF_CHECK(got.has_value());
        received = std::move(*got);
      });
    });
    check_records(received);
    std::vector<std::string> receipts;
    for (const queue::Delivered& message : received.messages) {
      if (below(3) == 0) continue;
      receipts.push_back(message.receipt);
      acked_[queue].offsets.insert(message.offset);
    }
    if (receipts.empty()) return;
    turn([&] {
      rig_->queues().ack(queue, receipts, [](Result<std::vector<queue::Settled>> done) {
        TF_CHECK(done.has_value());
      });
    });
  }
  void clean() {
    turn([&] {
      const auto log = rig_->topics().find("prices")->logs.front();
      rig_->core().clean(log, {end(), 1h}, [](Result<engine::Cleaned>) {});
    });
  }
  /// Stops looking somewhere in the middle: what follows meets a cleaning under way.
  void begin_to_clean() {
    rig_->on_core([&] {
      const auto log = rig_->topics().find("prices")->logs.front();
      rig_->core().clean(log, {end(), 1h}, [](Result<engine::Cleaned>) {});
    });
    // Mostly after its first step: there are holes then, and more to come.
    const auto before = rig_->core().stats().cleaned_records;
    int steps = below(4) == 0 ? static_cast<int>(below(40)) : 400;
    while (steps-- > 0 && rig_->core().stats().cleaned_records == before && rig_->step()) {
    }
  }
  void pass(engine::Duration time) {
    clock_.advance(time);
    rig_->idle();
  }
  void restart(bool in_order) {
    if (in_order) {
      TF_CHECK(rig_->stop());
    } else {
      rig_->kill();
    }
    if (!in_order && below(2) == 0) {
      disk_.crash(random_);
    } else {
      disk_.kill();
    }
    start();
  }
  std::vector<std::string> queues() const {
    std::vector<std::string> names;
    for (const auto& [name, acked] : acked_) names.push_back(name);
    return names;
  }

  /// What a queue has wrong; empty: nothing.
  std::string wrong(const std::string& queue) {
    const Acked& acked = acked_[queue];
    std::uint64_t due = 0;
    for (const Offset offset : stored())
      if (offset >= acked.start && !acked.offsets.contains(offset)) ++due;
    const auto c = rig_->queues().find(queue)->counters;
    const auto counted = c.ready + c.in_flight + c.delayed + c.blocked + c.dead;
    if (counted == due) return {};
    return queue + " counts " + std::to_string(counted) + " of " + std::to_string(due);
  }
  /// Everything that can be received, acked; how many that were.
  std::size_t consume(const std::string& queue) {
    std::size_t count = 0;
    for (;;) {
      queue::Received received;
      const queue::Receive receive{queue, 100, 1 << 20, 30s, {}};
      turn([&] {
        rig_->queues().receive(receive, clock_.now(),
                               [&](Result<queue::Received> got) { received = std::move(*got); });
      });
      if (received.messages.empty()) return count;
      count += received.messages.size();
      check_records(received);
      std::vector<std::string> receipts;
      for (const queue::Delivered& message : received.messages) {
        receipts.push_back(message.receipt);
        acked_[queue].offsets.insert(message.offset);
      }
      turn(
          [&] { rig_->queues().ack(queue, receipts, [](Result<std::vector<queue::Settled>>) {}); });
    }
  }
  std::size_t stored_count() { return stored().size(); }

 private:
  struct Acked {
    Offset start{0};
    std::set<Offset> offsets;
  };

  // Whoever receives a message gets its record.
  static void check_records(const queue::Received& received) {
    std::set<Offset> found;
    for (const engine::ReadPlan& plan : received.plans) {
      for (const auto& batch : plan.salvage().batches) {
        engine::BatchCursor cursor(batch.bytes, batch.base_seq);
        for (auto r = cursor.next(); r && *r; r = cursor.next()) found.insert((*r)->offset);
      }
    }
    for (const queue::Delivered& message : received.messages)
      RC_ASSERT(found.contains(message.offset));
  }
  // A cleaning takes several steps of several passes.
  static engine::EngineOptions several_steps() {
    auto options = BrokerRig::tiny();
    options.core.segment_bytes = 2 << 10;
    options.core.clean_map_bytes = 24 * 9;
    return options;
  }
  void start() {
    rig_ = std::make_unique<BrokerRig>(disk_, clock_, random_, several_steps());
    TF_CHECK(rig_->start().has_value());
    rig_->idle();
    if (rig_->topics().find("prices")) return;
    log::TopicConfig config;
    config.cleanup = log::Cleanup::compact;
    turn([&] {
      rig_->topics().create("prices", config, true,
                            [](Result<log::TopicInfo> made) { TF_CHECK(made.has_value()); });
    });
  }
  void turn(engine::UniqueFunction<void()> work) {
    rig_->on_core(std::move(work));
    rig_->idle();
  }
  Offset end() { return (*rig_->topics().offsets("prices"))[0].status.visible_end; }
  std::vector<Offset> stored() {
    std::vector<Offset> offsets;
    const auto log = rig_->topics().find("prices")->logs.front();
    for (Offset from{0}; from < end();) {
      const auto batches = rig_->core().plan_read(log, from, 64 << 10).fetch();
      TF_CHECK(batches.has_value());
      TF_CHECK(!batches->empty());
      for (const auto& batch : *batches) {
        engine::BatchCursor cursor(batch.bytes, batch.base_seq);
        for (auto r = cursor.next(); r && *r; r = cursor.next())
          if ((*r)->offset >= from) offsets.push_back((*r)->offset);
        from = advance(engine::batch_header(batch.bytes).last_offset(), 1);
      }
    }
    return offsets;
  }

  engine::ManualClock clock_;
  engine::SeededRandom random_;
  engine::SimulatedFileSystem disk_;
  std::unique_ptr<BrokerRig> rig_;
  std::map<std::string, Acked> acked_;
};

RC_GTEST_PROP(CompactedQueues, CountAndDeliverWhatIsThereAndNothingElse, ()) {
  CompactedBroker broker(*rc::gen::arbitrary<std::uint32_t>());
  constexpr queue::Order kOrders[] = {queue::Order::none, queue::Order::none, queue::Order::key,
                                      queue::Order::strict, queue::Order::fair};
  const auto steps = 20 + broker.below(60);
  for (std::uint64_t step = 0; step < steps; ++step) {
    const auto dice = broker.below(100);
    const auto queues = broker.queues();
    if (dice < 35) {
      broker.publish(1 + static_cast<int>(broker.below(20)));
    } else if (dice < 45 && queues.size() < 5) {
      broker.attach(kOrders[broker.below(5)]);
    } else if (dice < 75 && !queues.empty()) {
      broker.work(queues[broker.below(queues.size())]);
    } else if (dice < 82) {
      broker.clean();
    } else if (dice < 88) {
      broker.begin_to_clean();
      if (broker.below(3) == 0) broker.restart(false);
      if (broker.below(2) == 0 && queues.size() < 10) broker.attach(kOrders[broker.below(5)]);
      broker.pass(engine::Duration{0});
    } else if (dice < 95) {
      broker.pass(engine::Duration{static_cast<long>(broker.below(40'000))});
    } else {
      broker.restart(broker.below(2) == 0);
    }
    for (const std::string& queue : broker.queues()) RC_ASSERT(broker.wrong(queue) == "");
  }
  // What is in flight comes back, and everything goes out.
  broker.pass(60s);
  for (const std::string& queue : broker.queues()) {
    broker.consume(queue);
    RC_ASSERT(broker.wrong(queue) == "");
  }
  broker.clean();
  broker.restart(true);
  for (const std::string& queue : broker.queues()) {
    RC_ASSERT(broker.wrong(queue) == "");
    RC_ASSERT(broker.consume(queue) == 0u);
  }
  RC_ASSERT(broker.stored_count() <= 12u);
}

}  // namespace
}  // namespace twofold::test
