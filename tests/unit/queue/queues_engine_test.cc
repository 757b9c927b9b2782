#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/record_batch.h"
#include "queue/queues.h"
#include "tests/support/engine_rig.h"

// Queues over the real core: its journal turns over, is drained to segments and trimmed, and the
// process is killed again and again. A history of what clients were told is kept beside it.

namespace twofold::queue {
namespace {

using std::chrono_literals::operator""s;
using engine::advance;

struct Held {
  std::string receipt;
  Instant until;
};

class Broker {
 public:
  explicit Broker(std::uint64_t seed) : random_(seed) {
    start();
    rig_.turn([&] {
      create("morgue", {});
      create("jobs", {.visibility_timeout = 5s, .max_receives = 6, .dead_letter = "morgue"});
    });
  }

  void live(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      switch (random_.below(8)) {
        case 0:
        case 1: rig_.turn([&] { send(1 + random_.below(30)); }); break;
        case 2:
        case 3: rig_.turn([&] { receive("jobs", 1 + random_.below(20)); }); break;
        case 4:
        case 5: rig_.turn([&] { ack(random_.below(25)); }); break;
        case 6: rig_.turn([&] { nack_or_extend(); }); break;
        case 7: rig_.pass(Duration(random_.below(2'000))); break;
      }
      if (random_.below(60) == 0) kill();
    }
  }

  // Every message that was promised to be kept is somewhere, once it has time to come back.
  void drain() {
    for (int idle = 0; idle < 4; ++idle) {
      rig_.pass(10s);
      for (const std::string queue : {"jobs", "morgue"}) {
        std::size_t before = 0;
        do {
          before = deleted_.size();
          rig_.turn([&] { receive(queue, 1'000); });
          rig_.turn([&] { ack_all(queue); });
        } while (deleted_.size() > before && !::testing::Test::HasFailure());
      }
    }
    for (const std::string& value : kept_)
      EXPECT_TRUE(deleted_.contains(value) || unknown_.contains(value)) << value << " is lost";
    EXPECT_GT(kept_.size(), 1'000u);
    EXPECT_EQ(queues_->find("jobs")->counters.ready, 0u);
    EXPECT_EQ(queues_->find("morgue")->counters.in_flight, 0u);
  }
  std::uint64_t checkpoints() const { return checkpoints_; }
  std::uint64_t drained_bytes() const { return drained_bytes_; }
  int kills() const { return kills_; }

 private:
  void start() {
    auto report = rig_.start([&](engine::Core& core) { queues_ = std::make_unique<Queues>(core); });
    ASSERT_TRUE(report.has_value()) << report.error().detail;
  }

  // Some requests are under way: their clients never hear of them.
  void kill() {
    rig_.turn_only([&] {
      send(5, /*heard=*/false);
      ack(10, /*heard=*/false);
      receive("jobs", 5, /*heard=*/false);
    });
    for (std::uint64_t i = random_.below(4); i > 0; --i) rig_.threads.step();
    checkpoints_ += rig_.core().stats().checkpoints;
    drained_bytes_ += rig_.core().stats().drained_bytes;
    rig_.kill();
    queues_.reset();
    held_.clear();
    ++kills_;
    start();
  }

  void create(const std::string& name, QueueConfig config) {
    queues_->create(name, std::move(config), std::nullopt, true,
                    [](Result<QueueInfo> info) { EXPECT_TRUE(info.has_value()); });
  }

  void send(std::uint64_t count, bool heard = true) {
    auto values = std::make_shared<std::vector<std::string>>();
    for (std::uint64_t i = 0; i < count; ++i)
      values->push_back("m" + std::to_string(next_++) + std::string(random_.below(800), '.'));
    Send send{"jobs", {}, {}};
    for (const std::string& value : *values) {
      SendMessage message{
          {std::nullopt, value, {}, rig_.clock.wall()},
          { },
          {            }
      };
      if (random_.below(6) == 0) message.delay = Duration(random_.below(4'000));
      send.messages.push_back(message);
    }
    queues_->send(std::move(send), [this, values, heard](Result<Sent> sent) {
      if (sent && heard) kept_.insert(values->begin(), values->end());
    });
  }

  void receive(const std::string& queue, std::size_t max, bool heard = true) {
    queues_->receive({queue, max}, rig_.clock.now(), [=, this](Result<Received> received) {
      ASSERT_TRUE(received.has_value());
      if (!heard) return;
      for (std::size_t i = 0; i < received->plans.size(); ++i)
        read(queue, received->plans[i], received->messages);
    });
  }

  void read(const std::string& queue, const engine::ReadPlan& plan,
            const std::vector<Delivered>& messages) {
    std::map<Offset, const Delivered*> wanted;
    for (const Delivered& message : messages) wanted.emplace(message.offset, &message);
    const auto batches = plan.fetch();
    ASSERT_TRUE(batches.has_value()) << batches.error().detail;
    std::size_t found = 0;
    for (const engine::StoredBatch& batch : *batches) {
      engine::BatchCursor cursor(batch.bytes, batch.base_seq);
      for (auto record = cursor.next(); record && *record; record = cursor.next()) {
        const auto message = wanted.find((**record).offset);
        if (message == wanted.end()) continue;
        ++found;
        took(queue, std::string(*(**record).value), *message->second);
      }
    }
    EXPECT_EQ(found, messages.size()) << "a message without its record";
  }

  void took(const std::string& queue, const std::string& value, const Delivered& message) {
    EXPECT_FALSE(deleted_.contains(value)) << value << " came back";
    const auto holder = held_.find({queue, value});
    EXPECT_TRUE(holder == held_.end() || holder->second.until <= rig_.clock.now())
        << value << " has two holders";
    held_.insert_or_assign({queue, value}, Held{message.receipt, message.visible_at});
  }

  void ack(std::uint64_t count, bool heard = true) {
    std::vector<std::string> values;
    std::vector<std::string> receipts;
    for (const auto& [of, held] : held_) {
      if (of.first != "jobs" || receipts.size() == count) continue;
      if (random_.below(3) == 0) continue;
      values.push_back(of.second);
      receipts.push_back(held.receipt);
    }
    settle("jobs", values, receipts, heard);
  }
  void ack_all(const std::string& queue) {
    std::vector<std::string> values;
    std::vector<std::string> receipts;
    for (const auto& [of, held] : held_) {
      if (of.first != queue) continue;
      values.push_back(of.second);
      receipts.push_back(held.receipt);
    }
    settle(queue, values, receipts, true);
  }
  void settle(const std::string& queue, const std::vector<std::string>& values,
              const std::vector<std::string>& receipts, bool heard) {
    if (!heard) unknown_.insert(values.begin(), values.end());
    queues_->ack(queue, receipts, [=, this](Result<std::vector<Settled>> settled) {
      if (!settled || !heard) return;
      for (std::size_t i = 0; i < values.size(); ++i) {
        held_.erase({queue, values[i]});
        if ((*settled)[i] == Settled::acked) deleted_.insert(values[i]);
      }
    });
  }

  void nack_or_extend() {
    for (auto at = held_.begin(); at != held_.end(); ++at) {
      if (at->first.first != "jobs" || random_.below(4) != 0) continue;
      if (random_.below(2) == 0) {
        NackItem item{at->second.receipt, Duration(random_.below(3'000))};
        item.dead = random_.below(5) == 0;
        queues_->nack("jobs", {item}, [](Result<std::vector<Settled>>) {});
        held_.erase(at);
      } else {
        const Instant until = rig_.clock.now() + 20s;
        queues_->extend("jobs",
                        {
                            {at->second.receipt, 20s}
        },
                        [at, until](Result<std::vector<Settled>> settled) {
                          if (settled && settled->front() == Settled::ok) at->second.until = until;
                        });
      }
      return;
    }
  }

  engine::MemoryFileSystem files_;
  test::EngineRig rig_{files_};
  engine::SeededRandom random_;
  std::unique_ptr<Queues> queues_;
  std::uint64_t next_ = 0;
  int kills_ = 0;
  std::uint64_t checkpoints_ = 0;
  std::uint64_t drained_bytes_ = 0;
  std::set<std::string> kept_;     // sends that were answered with success
  std::set<std::string> deleted_;  // acks that were
  std::set<std::string> unknown_;  // acks that were not answered
  std::map<std::pair<std::string, std::string>, Held> held_;  // by queue and value
};

// TWOFOLD_SEED replays one life.
TEST(QueuesOverTheEngine, WhatWasPromisedHoldsThroughKillsDrainsAndTrims) {
  const char* const only = std::getenv("TWOFOLD_SEED");
  const std::uint64_t first = only ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only ? first : 3;
  for (std::uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
    SCOPED_TRACE("TWOFOLD_SEED=" + std::to_string(seed));
    Broker broker(seed);
    broker.live(1'500);
    EXPECT_GT(broker.kills(), 10);
    EXPECT_GT(broker.checkpoints(), 0u);
    EXPECT_GT(broker.drained_bytes(), 0u);
    broker.drain();
  }
}

// Large messages, then so many small ones that the average is small.
TEST(QueuesOverTheEngine, AReceiveFromTheDiskKeepsToItsBytesWhateverTheAverageIs) {
  engine::MemoryFileSystem files;
  test::EngineRig rig{files};
  std::unique_ptr<Queues> queues;
  const auto start = [&] {
    ASSERT_TRUE(rig.start([&](engine::Core& core) { queues = std::make_unique<Queues>(core); }));
  };
  start();
  rig.turn([&] {
    queues->create("jobs", {}, std::nullopt, true, [](const Result<QueueInfo>&) {});
  });
  const auto put = [&](std::size_t count, const std::string& value) {
    Send send{"jobs", {}, {}};
    const SendMessage message{
        {std::nullopt, value, {}, rig.clock.wall()}
    };
    send.messages.assign(count, message);
    rig.turn([&] {
      queues->send(std::move(send), [](const Result<Sent>& sent) { ASSERT_TRUE(sent); });
    });
  };
  for (int i = 0; i < 60; ++i) put(1, std::string(20'000, 'l'));
  for (int i = 0; i < 60; ++i) put(500, "s");
  rig.kill();
  queues.reset();
  start();
  std::size_t bytes = 0;
  rig.turn([&] {
    queues->receive({"jobs", 1'000, 100'000}, rig.clock.now(), [&](Result<Received> received) {
      ASSERT_TRUE(received);
      ASSERT_FALSE(received->plans.front().in_memory());
      const auto batches = received->plans.front().fetch();
      ASSERT_TRUE(batches);
      for (const engine::StoredBatch& batch : *batches) bytes += batch.bytes.size();
    });
  });
  EXPECT_GT(bytes, 60'000u);
  EXPECT_LE(bytes, 120'000u);
  rig.kill();
}

}  // namespace
}  // namespace twofold::queue
