// What the double of the core cannot show: the same rooms over the real one, on files in memory.

#include <gtest/gtest.h>

#include "engine/base/memory_file_system.h"
#include "log/groups.h"
#include "log/topics.h"
#include "tests/support/engine_rig.h"

namespace twofold::log {
namespace {

using namespace std::chrono_literals;

class LogOnEngineTest : public ::testing::Test {
 protected:
  LogOnEngineTest() { start(); }
  ~LogOnEngineTest() override { rig->kill(); }

  void start(std::optional<WallTime> wall = std::nullopt) {
    rig = std::make_unique<test::EngineRig>(files);
    if (wall) rig->clock.advance(*wall - rig->clock.wall());
    const auto report = rig->start([this](engine::Core& core) {
      topics = std::make_unique<Topics>(core);
      groups = std::make_unique<Groups>(core, *topics);
    });
    ASSERT_TRUE(report) << report.error().detail;
  }
  void restart() {
    const WallTime now = rig->clock.wall();
    rig->kill();
    start(now);
  }
  void create(const std::string& name, TopicConfig config = {}) {
    bool created = false;
    rig->turn([&] {
      topics->create(name, config, true,
                     [&](Result<TopicInfo> info) { created = info.has_value(); });
    });
    ASSERT_TRUE(created);
  }
  void publish(const std::string& topic, const std::string& value,
               std::optional<Durability> durability = std::nullopt) {
    published.reset();
    rig->turn([&] {
      Publish publish{topic, {}, durability};
      publish.records.push_back({
          {"k", value, {}, rig->clock.wall()},
          std::nullopt
      });
      topics->publish(std::move(publish), [this](Result<Published> got) {
        ASSERT_TRUE(got);
        published = *got;
      });
    });
    ASSERT_TRUE(published);
  }
  engine::LogStatus status(const std::string& topic) {
    const auto offsets = topics->offsets(topic);
    return offsets->front().status;
  }

  engine::MemoryFileSystem files;
  std::unique_ptr<test::EngineRig> rig;
  std::unique_ptr<Topics> topics;
  std::unique_ptr<Groups> groups;
  std::optional<Published> published;
};

TEST_F(LogOnEngineTest, EveryDurabilityAnswersWithItselfAndAPlaceInTheTotalOrder) {
  create("orders");
  Seq last{0};
  for (const auto asked : {Durability::memory, Durability::os, Durability::disk}) {
    publish("orders", "v", asked);
    EXPECT_EQ(published->durability, asked);
    EXPECT_GT(published->records[0].seq, last);
    last = published->records[0].seq;
  }
}

TEST_F(LogOnEngineTest, RetentionByTimeSurvivesARestart) {
  TopicConfig config;
  config.retention_time = 1h;
  create("orders", config);
  publish("orders", "old");
  rig->pass(40min);
  publish("orders", "young");
  rig->pass(21min);
  EXPECT_EQ(status("orders").start, Offset{1});
  restart();
  EXPECT_EQ(status("orders").start, Offset{1});
  rig->pass(40min);
  EXPECT_EQ(status("orders").start, Offset{2}) << "it goes on after the restart";
}

TEST_F(LogOnEngineTest, RetentionByBytesKeepsAboutThatMuch) {
  constexpr std::uint64_t kBatchBytesMax = 11'000;
  TopicConfig config;
  config.retention_bytes = 100'000;
  create("orders", config);
  for (int i = 0; i < 300; ++i) publish("orders", std::string(10'000, 'x'));
  rig->pass(10s);
  EXPECT_LE(status("orders").bytes, 100'000 + kBatchBytesMax);
  EXPECT_GE(status("orders").bytes, 100'000 - kBatchBytesMax);
  EXPECT_EQ(status("orders").end, Offset{300});
}

TEST_F(LogOnEngineTest, ACommitAndTheRemovalOfItsTopicInOneBlockLeaveNothingAfterAReplay) {
  create("orders");
  create("bills");
  publish("bills", "paid");
  rig->turn([&] {
    groups->commit("g",
                   {
                       {"orders", PartitionId{0}, Offset{0}}
    },
                   [](Result<Durability>) {});
    groups->commit("h",
                   {
                       {"bills", PartitionId{0}, Offset{1}}
    },
                   [](Result<Durability>) {});
    topics->remove("orders", [](Result<TopicInfo>) {});
  });
  EXPECT_FALSE(groups->find("g"));
  restart();
  EXPECT_FALSE(groups->find("g"));
  EXPECT_EQ(groups->committed("h", "bills", PartitionId{0}), Offset{1});
}

TEST_F(LogOnEngineTest, ATopicCreatedAgainAfterARestartIsStillAnotherOne) {
  create("orders");
  publish("orders", "of the old one");
  const std::uint32_t old = topics->resolve("orders")->id;
  rig->turn([&] { topics->remove("orders", [](Result<TopicInfo>) {}); });
  restart();
  EXPECT_FALSE(topics->resolve("orders"));
  create("orders");
  EXPECT_NE(topics->resolve("orders")->id, old);
  EXPECT_EQ(status("orders").end, Offset{0});
}

TEST_F(LogOnEngineTest, AChangedDurabilityHoldsForWhatComesAfter) {
  create("orders");
  TopicConfig config;
  config.durability = Durability::memory;
  rig->turn([&] { topics->configure("orders", config, std::nullopt, [](Result<TopicInfo>) {}); });
  publish("orders", "v");
  EXPECT_EQ(published->durability, Durability::memory);
  rig->turn_only([&] {
    Publish publish{"orders", {}, {}};
    publish.records.push_back({
        {"k", "w", {}, rig->clock.wall()},
        std::nullopt
    });
    topics->publish(std::move(publish), [](Result<Published>) {});
  });
  rig->core_thread.step();  // sealed, not yet on the device
  EXPECT_EQ(status("orders").visible_end, Offset{2});
}

}  // namespace
}  // namespace twofold::log
