#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

class RetentionTest : public LogTest {
 protected:
  static TopicConfig keeping(std::optional<Duration> time,
                             std::optional<std::uint64_t> bytes = std::nullopt) {
    TopicConfig config;
    config.retention_time = time;
    config.retention_bytes = bytes;
    return config;
  }
  /// Until a whole round of sweeps has surely passed, and what it trimmed is committed.
  void sweep(Duration round = 6s) {
    core->pass(round);
    core->commit();
  }
};

TEST_F(RetentionTest, ForgetsWhatIsOlderThanTheTime) {
  create("orders", keeping(1h));
  publish("orders", {
                        {"k", "old"}
  });
  core->pass(30min);
  publish("orders", {
                        {"k", "young"}
  });
  core->pass(29min);
  sweep();
  EXPECT_EQ(status("orders").start, Offset{0});
  core->pass(1min);
  sweep();
  EXPECT_EQ(status("orders").start, Offset{1});
}

TEST_F(RetentionTest, CountsForWhatReasonRecordsWent) {
  auto config = keeping(1h);
  config.retention_records = 2;
  create("orders", config);
  publish("orders", {
                        {"k", "old"}
  });
  core->pass(61min);
  for (int i = 0; i < 4; ++i)
    publish("orders", {
                          {"k", "young"}
    });
  sweep();
  EXPECT_EQ(status("orders").start, Offset{3});
  auto counters = topics->counters(topics->find("orders")->id);
  EXPECT_EQ(counters.trimmed, (std::array<std::uint64_t, 3>{1, 2, 0}));
  topics->trim("orders", {{PartitionId{0}, Offset{4}}}, [](const auto& done) { EXPECT_TRUE(done); });
  topics->trim("orders", {{PartitionId{0}, Offset{2}}}, [](const auto& done) { EXPECT_TRUE(done); });
  core->commit();
  counters = topics->counters(topics->find("orders")->id);
  EXPECT_EQ(counters.trimmed, (std::array<std::uint64_t, 3>{1, 2, 1})) << "what was gone is not counted again";
}

TEST_F(RetentionTest, CountsFromTheAppendWhateverTheClientsClockSays) {
  create("orders", keeping(1h));
  const std::int64_t ancient = 0;
  const std::int64_t future = core->wall().value() + 1'000'000'000;
  publish("orders", {
                        {"k", "a", {}, ancient}
  });
  publish("orders", {
                        {"k", "b", {}, future}
  });
  sweep();
  EXPECT_EQ(status("orders").start, Offset{0}) << "an old timestamp deletes nothing";
  core->pass(61min);
  sweep();
  EXPECT_EQ(status("orders").start, Offset{2}) << "a future one pins nothing";
}

TEST_F(RetentionTest, MayForgetEverythingAndGoesOnCounting) {
  create("orders", keeping(1h));
  publish("orders", {
                        {"k", "a"},
                        {"k", "b"}
  });
  core->pass(2h);
  sweep();
  EXPECT_EQ(status("orders").start, Offset{2});
  EXPECT_EQ(publish("orders",
                    {
                        {"k", "c"}
  })
                .records[0]
                .offset,
            Offset{2});
}

TEST_F(RetentionTest, KeepsTheBytesAskedForOfEachPartitionAndNoBatchMore) {
  TopicConfig config = keeping(std::nullopt, 3'000);
  config.partitions = 2;
  create("orders", config);
  for (int i = 0; i < 10; ++i)
    publish("orders", {
                          {"k", std::string(900, 'x'), 0}
    });
  publish("orders", {
                        {"k", "small", 1}
  });
  sweep();
  EXPECT_EQ(status("orders", 0).start, Offset{6});
  EXPECT_GE(status("orders", 0).bytes, 3'000u);
  EXPECT_LT(status("orders", 0).bytes, 3'000u + 1'000u);
  EXPECT_EQ(status("orders", 1).start, Offset{0});
}

TEST_F(RetentionTest, TheStricterOfTimeAndBytesDecides) {
  create("orders", keeping(1h, 900));
  publish("orders", {
                        {"k", std::string(900, 'x')}
  });
  publish("orders", {
                        {"k", std::string(900, 'x')}
  });
  sweep();
  EXPECT_EQ(status("orders").start, Offset{1}) << "too many bytes";
  core->pass(2h);
  sweep();
  EXPECT_EQ(status("orders").start, Offset{2}) << "too old";
}

TEST_F(RetentionTest, ATopicWithoutRetentionKeepsEverythingAndWakesNobody) {
  create("orders", keeping(std::nullopt));
  publish("orders", {
                        {"k", "a"}
  });
  EXPECT_FALSE(core->timers().next_due());
  core->pass(24h * 365);
  EXPECT_EQ(status("orders").start, Offset{0});
}

TEST_F(RetentionTest, FollowsANewConfiguration) {
  create("orders", keeping(std::nullopt));
  publish("orders", {
                        {"k", "a"}
  });
  core->pass(2h);
  Answer<TopicInfo> configured;
  topics->configure("orders", keeping(1h), std::nullopt, configured.here());
  core->commit();
  sweep();
  EXPECT_EQ(status("orders").start, Offset{1});
}

TEST_F(RetentionTest, NeverTakesWhatDoesNotShowYet) {
  create("orders", keeping(1ms, 1));
  Answer<Published> hidden;
  publish_into(hidden, "orders",
               {
                   {"k", "a"}
  });
  core->pass(10s);
  EXPECT_EQ(status("orders").start, Offset{0});
  core->commit();
  EXPECT_TRUE(hidden.good());
  sweep();
  EXPECT_EQ(status("orders").start, Offset{1});
}

TEST_F(RetentionTest, WhatWasForgottenStaysForgotten) {
  create("orders", keeping(1h));
  publish("orders", {
                        {"k", "a"}
  });
  core->pass(2h);
  sweep();
  clock.step_wall(-24h);
  crash_and_restart();
  EXPECT_EQ(status("orders").start, Offset{1});
}

TEST_F(RetentionTest, StillRunsAfterARestart) {
  create("orders", keeping(1h));
  publish("orders", {
                        {"k", "a"}
  });
  crash_and_restart();
  core->pass(2h);
  sweep();
  EXPECT_EQ(status("orders").start, Offset{1});
}

TEST_F(RetentionTest, ReachesEveryPartitionOfManyTopicsInABoundedTurn) {
  TopicConfig config = keeping(1min);
  config.partitions = 50;
  for (int i = 0; i < 10; ++i) {
    const std::string name = "t" + std::to_string(i);
    create(name, config);
    create("keeps" + std::to_string(i), keeping(std::nullopt));
    for (std::int32_t p = 0; p < 50; ++p)
      publish(name, {
                        {"k", "v", p}
      });
  }
  const auto forgotten_by_now = [this] {
    std::size_t partitions = 0;
    for (int i = 0; i < 10; ++i) {
      const auto offsets = topics->offsets("t" + std::to_string(i));
      for (const PartitionOffsets& of : *offsets) partitions += of.status.start == Offset{1};
    }
    return partitions;
  };
  core->pass(59s);
  std::size_t forgotten = 0;
  std::size_t most_at_once = 0;
  for (int step = 0; step < 200; ++step) {
    core->pass(50ms);
    const std::size_t now = forgotten_by_now();
    most_at_once = std::max(most_at_once, now - forgotten);
    forgotten = now;
  }
  EXPECT_EQ(forgotten, 500u) << "within a minute and two rounds";
  EXPECT_LE(most_at_once, 64u);
}

TEST_F(RetentionTest, SurvivesTheRemovalOfTheTopicItStoodAt) {
  TopicConfig config = keeping(1h);
  config.partitions = 100;
  create("a", config);
  create("b", config);
  publish("b", {
                   {"k", "v", 99}
  });
  core->pass(2h + 1s);  // the sweep stands in the middle of a topic
  remove("a");
  sweep();
  sweep();
  EXPECT_EQ(status("b", 99).start, Offset{1});
  remove("b");
  sweep();
  EXPECT_FALSE(core->timers().next_due()) << "nothing is left to sweep";
}

TEST_F(RetentionTest, WaitsWhileTheCoreTakesNothing) {
  create("orders", keeping(1h));
  publish("orders", {
                        {"k", "a"}
  });
  core->refuse(engine::Admission::consume, Errc::storage_failed);
  core->pass(2h);
  EXPECT_EQ(status("orders").start, Offset{0});
  core->refuse(engine::Admission::consume, std::nullopt);
  sweep();
  EXPECT_EQ(status("orders").start, Offset{1});
}

}  // namespace
}  // namespace twofold::log
