#include "log/compaction.h"

#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr WallTime kNow{10'000'000};

engine::CleaningStatus cleanness(std::uint64_t clean, std::uint64_t dirty, Duration age = 1s) {
  engine::CleaningStatus status;
  status.clean_bytes = clean;
  status.dirty_bytes = dirty;
  if (dirty > 0) status.oldest_dirty = kNow - age;
  return status;
}

TEST(Compaction, IsDueByTheShareOfWhatIsDirty) {
  const Compaction half;
  EXPECT_FALSE(urgency(half, cleanness(10 * kMiB, 9 * kMiB), kNow));
  EXPECT_TRUE(urgency(half, cleanness(10 * kMiB, 10 * kMiB), kNow));
  EXPECT_FALSE(urgency(half, cleanness(0, kMiB - 1), kNow)) << "not worth the while";
  EXPECT_TRUE(urgency(half, cleanness(0, kMiB), kNow));
  EXPECT_FALSE(urgency(half, cleanness(0, 0), kNow));
  EXPECT_GT(urgency(half, cleanness(0, kMiB), kNow), urgency(half, cleanness(kMiB, kMiB), kNow));
  Compaction eager;
  eager.min_dirty_ratio = 0.01;
  EXPECT_TRUE(urgency(eager, cleanness(90 * kMiB, kMiB), kNow));
}

TEST(Compaction, IsDueWhenSomethingIsDirtyForTooLong) {
  Compaction hourly;
  hourly.max_lag = 1h;
  EXPECT_FALSE(urgency(hourly, cleanness(kMiB, 10, 59min), kNow));
  EXPECT_TRUE(urgency(hourly, cleanness(kMiB, 10, 60min), kNow));
  EXPECT_FALSE(urgency(hourly, cleanness(kMiB, 0, 60min), kNow));
}

TEST(Compaction, IsDueWhenTombstonesHaveHadTheirTime) {
  auto clean = cleanness(kMiB, 0);
  clean.tombstones_due = kNow + 1ms;
  EXPECT_FALSE(urgency({}, clean, kNow));
  clean.tombstones_due = kNow;
  EXPECT_TRUE(urgency({}, clean, kNow));
}

TEST(Compaction, LooksAsOftenAsTheShortestTimeWants) {
  Compaction compaction;
  EXPECT_EQ(pace(compaction), 15s);
  compaction.max_lag = 2s;
  EXPECT_EQ(pace(compaction), 2s);
  compaction.delete_retention = 0ms;
  EXPECT_EQ(pace(compaction), 100ms);
}

class CompactedTopics : public LogTest {
 protected:
  static TopicConfig compacted(std::int32_t partitions = 1) {
    TopicConfig config;
    config.cleanup = Cleanup::compact;
    config.partitions = partitions;
    return config;
  }
  LogId log_of(const std::string& topic, std::size_t partition = 0) {
    return topics->find(topic)->logs[partition];
  }
  void dirty(LogId log, std::uint64_t bytes) { core->cleanness[log] = cleanness(0, bytes, 1s); }
  void end_cleaning(engine::Result<engine::Cleaned> outcome = engine::Cleaned{}) {
    auto cleaning = std::move(core->cleanings.back());
    core->cleanings.clear();
    if (outcome) core->cleanness.erase(cleaning.log);
    cleaning.done(std::move(outcome));
  }
};

TEST_F(CompactedTopics, TheDirtiestIsCleanedFirstAndOneAtATime) {
  create("prices", compacted(3));
  dirty(log_of("prices", 0), 2 * kMiB);
  core->cleanness[log_of("prices", 1)] = cleanness(kMiB, 2 * kMiB);
  core->pass(16s);
  ASSERT_EQ(core->cleanings.size(), 1u);
  EXPECT_EQ(core->cleanings[0].log, log_of("prices", 0));
  EXPECT_EQ(core->cleanings[0].order.tombstones, 24h);
  core->pass(60s);
  ASSERT_EQ(core->cleanings.size(), 1u);
  end_cleaning();
  core->pass(1s);
  ASSERT_EQ(core->cleanings.size(), 1u) << "the next one follows soon";
  EXPECT_EQ(core->cleanings[0].log, log_of("prices", 1));
  end_cleaning();
  core->pass(60s);
  EXPECT_TRUE(core->cleanings.empty());
}

TEST_F(CompactedTopics, AfterTroubleItWaits) {
  create("prices", compacted());
  dirty(log_of("prices"), 2 * kMiB);
  core->pass(16s);
  end_cleaning(engine::Error(engine::Errc::io, "the disk says no"));
  core->pass(10s);
  EXPECT_TRUE(core->cleanings.empty());
  core->pass(10s);
  EXPECT_EQ(core->cleanings.size(), 1u);
}

TEST_F(CompactedTopics, WhatIsYoungerThanTheShortestLagIsNotTouched) {
  TopicConfig config = compacted();
  config.compaction.min_lag = 1h;
  create("prices", config);
  publish("prices", {
                        {"k", "old"}
  });
  core->pass(61min);
  publish("prices", {
                        {"k", "young"}
  });
  dirty(log_of("prices"), 2 * kMiB);
  core->pass(16s);
  ASSERT_EQ(core->cleanings.size(), 1u);
  EXPECT_EQ(core->cleanings[0].order.upto, Offset{1});
}

TEST_F(CompactedTopics, OnlyCompactedOnesAreLookedAt) {
  create("orders");
  create("prices", compacted());
  dirty(log_of("orders"), 9 * kMiB);
  Answer<TopicInfo> answer;
  topics->remove("prices", answer.here());
  core->commit();
  core->pass(60s);
  EXPECT_TRUE(core->cleanings.empty());
}

TEST_F(CompactedTopics, CanBecomeSoAndCeaseToBe) {
  create("orders");
  dirty(log_of("orders"), 2 * kMiB);
  Answer<TopicInfo> answer;
  topics->configure("orders", compacted(), std::nullopt, answer.here());
  core->commit();
  core->pass(16s);
  ASSERT_EQ(core->cleanings.size(), 1u);
  Answer<TopicInfo> back;
  topics->configure("orders", {}, std::nullopt, back.here());
  core->commit();
  end_cleaning(engine::Error(engine::Errc::io, "no"));
  core->pass(60s);
  EXPECT_TRUE(core->cleanings.empty());
}

TEST_F(CompactedTopics, ARecordWithoutAKeyIsRefusedAndNothingOfItsRequestIsWritten) {
  create("prices", compacted());
  Publish request{"prices", {}, std::nullopt};
  engine::NewRecord with{"k", "v", {}, core->wall()};
  engine::NewRecord without{std::nullopt, "v", {}, core->wall()};
  request.records = {
      {with,    std::nullopt},
      {without, std::nullopt}
  };
  Answer<Published> answer;
  topics->publish(std::move(request), answer.here());
  core->commit();
  EXPECT_EQ(answer.error(), Errc::key_missing);
  EXPECT_EQ(answer.record(), 1u);
  EXPECT_EQ(status("prices").end, Offset{0});
}

TEST_F(CompactedTopics, AgeAndSizeTakeNothingUnlessAsked) {
  TopicConfig config = compacted();
  config.retention_time = 1h;
  config.retention_records = 1;
  create("prices", config);
  publish("prices", {
                        {"a", "1"},
                        {"b", "1"}
  });
  core->pass(2h);
  EXPECT_EQ(status("prices").start, Offset{0});
  config.cleanup = Cleanup::compact_and_delete;
  Answer<TopicInfo> answer;
  topics->configure("prices", config, std::nullopt, answer.here());
  core->commit();
  core->pass(6s);
  core->commit();
  EXPECT_EQ(status("prices").start, Offset{2});
}

TEST_F(CompactedTopics, SettingsThatContradictThemselvesAreRefused) {
  const auto refused = [&](auto change) {
    TopicConfig config = compacted();
    change(config.compaction);
    Answer<TopicInfo> answer;
    topics->create("wrong", config, false, answer.here());
    return answer.came() && !answer.good();
  };
  EXPECT_TRUE(refused([](Compaction& c) { c.min_lag = -1ms; }));
  EXPECT_TRUE(refused([](Compaction& c) { c.max_lag = 0ms; }));
  EXPECT_TRUE(refused([](Compaction& c) { c.delete_retention = -1ms; }));
  EXPECT_TRUE(refused([](Compaction& c) { c.min_dirty_ratio = 1.5; }));
  EXPECT_TRUE(refused([](Compaction& c) {
    c.min_lag = 2h;
    c.max_lag = 1h;
  }));
}

}  // namespace
}  // namespace twofold::log
