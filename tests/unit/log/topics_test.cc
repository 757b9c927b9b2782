#include "log/topics.h"

#include <algorithm>

#include "log/topics_limits.h"
#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

using TopicsTest = LogTest;
using Values = std::vector<std::string>;

TEST_F(TopicsTest, ACreatedTopicIsAnsweredOnceItIsDurable) {
  Answer<TopicInfo> answer;
  TopicConfig config;
  config.partitions = 3;
  topics->create("orders", config, false, answer.here());
  EXPECT_FALSE(answer.came()) << "a crash could still take it back";

  core->commit();
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(answer->name, "orders");
  EXPECT_EQ(answer->logs.size(), 3u);
  EXPECT_EQ(answer->id, answer->logs.front().value());
  EXPECT_EQ(answer->version, 1u);
  EXPECT_EQ(answer->created, core->wall());
  EXPECT_TRUE(answer->was_created);
  EXPECT_EQ(answer->config, config);
}

TEST_F(TopicsTest, CreatingItAgainAnswersWithWhatExists) {
  const TopicInfo first = create("orders", 3);
  const TopicInfo second = create("orders", 3);
  EXPECT_FALSE(second.was_created);
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.logs, first.logs);
}

TEST_F(TopicsTest, CreatingItWithAnotherConfigurationIsRefused) {
  create("orders", 3);
  Answer<TopicInfo> answer;
  topics->create("orders", TopicConfig{}, false, answer.here());
  EXPECT_EQ(answer.error(), Errc::exists_with_other_config);
}

TEST_F(TopicsTest, CreateOnlyRefusesAnExistingTopicEvenWithTheSameConfiguration) {
  create("orders", TopicConfig{});
  Answer<TopicInfo> answer;
  topics->create("orders", TopicConfig{}, true, answer.here());
  EXPECT_EQ(answer.error(), Errc::exists_with_other_config);
}

TEST_F(TopicsTest, ANameOfAQueueIsTaken) {
  ASSERT_TRUE(core->catalog().put_if("queue/orders", "whatever queues write", 0));
  Answer<TopicInfo> answer;
  topics->create("orders", TopicConfig{}, false, answer.here());
  EXPECT_EQ(answer.error(), Errc::name_taken);
}

TEST_F(TopicsTest, TakesTheNamesThatKafkaTakes) {
  for (const std::string& name : Values{"a", "A.b_c-9", "...", std::string(249, 'x')}) {
    create(name);
  }
  for (const std::string& name : Values{"", ".", "..", "a/b", "a b", "caf\xc3\xa9",
                                        std::string(250, 'x'), std::string("a\0", 2)}) {
    Answer<TopicInfo> answer;
    topics->create(name, TopicConfig{}, false, answer.here());
    EXPECT_EQ(answer.error(), Errc::invalid_request) << name;
  }
}

TEST_F(TopicsTest, RefusesAConfigurationThatCannotWork) {
  const auto refused = [this](auto change) {
    TopicConfig config;
    change(config);
    Answer<TopicInfo> answer;
    topics->create("orders", config, false, answer.here());
    return answer.error() == Errc::invalid_request;
  };
  EXPECT_TRUE(refused([](TopicConfig& c) { c.partitions = 0; }));
  EXPECT_TRUE(refused([](TopicConfig& c) { c.partitions = -1; }));
  EXPECT_TRUE(refused([](TopicConfig& c) { c.partitions = kPartitionsMax + 1; }));
  EXPECT_TRUE(refused([](TopicConfig& c) { c.record_bytes_max = 0; }));
  EXPECT_TRUE(refused([](TopicConfig& c) { c.record_bytes_max = kRecordBytesMax + 1; }));
  EXPECT_TRUE(refused([](TopicConfig& c) { c.retention_time = 0ms; }));
  EXPECT_TRUE(refused([](TopicConfig& c) { c.retention_bytes = 0; }));
}

TEST_F(TopicsTest, AFullDiskCreatesNothingButStillConfiguresAndRemoves) {
  create("orders");
  core->refuse(engine::Admission::publish, Errc::storage_full);
  Answer<TopicInfo> created;
  topics->create("more", TopicConfig{}, false, created.here());
  EXPECT_EQ(created.error(), Errc::storage_full);
  EXPECT_FALSE(topics->find("more"));

  TopicConfig shorter;
  shorter.retention_time = 1h;
  Answer<TopicInfo> configured;
  topics->configure("orders", shorter, std::nullopt, configured.here());
  core->commit();
  EXPECT_TRUE(configured.good());
  remove("orders");
}

TEST_F(TopicsTest, ConfiguringRaisesTheVersion) {
  create("orders");
  TopicConfig config;
  config.retention_bytes = 1 << 20;
  config.retention_time.reset();
  Answer<TopicInfo> answer;
  topics->configure("orders", config, 1, answer.here());
  EXPECT_FALSE(answer.came());
  core->commit();
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(answer->version, 2u);
  EXPECT_EQ(answer->config, config);
  EXPECT_EQ(topics->find("orders")->config, config);
}

TEST_F(TopicsTest, ConfiguringWithWhatItHasKeepsTheVersion) {
  create("orders");
  Answer<TopicInfo> answer;
  topics->configure("orders", TopicConfig{}, std::nullopt, answer.here());
  core->commit();
  EXPECT_EQ(answer->version, 1u);
}

TEST_F(TopicsTest, ConfiguringAVersionThatHasPassedIsRefused) {
  create("orders");
  Answer<TopicInfo> answer;
  topics->configure("orders", TopicConfig{}, 7, answer.here());
  EXPECT_EQ(answer.error(), Errc::etag_mismatch);
}

TEST_F(TopicsTest, TheNumberOfPartitionsStays) {
  create("orders", 3);
  TopicConfig config;
  config.partitions = 4;
  Answer<TopicInfo> answer;
  topics->configure("orders", config, std::nullopt, answer.here());
  EXPECT_EQ(answer.error(), Errc::invalid_request);
}

TEST_F(TopicsTest, WhatDoesNotExistIsNotFound) {
  Answer<TopicInfo> configured;
  topics->configure("orders", TopicConfig{}, std::nullopt, configured.here());
  EXPECT_EQ(configured.error(), Errc::topic_not_found);
  Answer<TopicInfo> removed;
  topics->remove("orders", removed.here());
  EXPECT_EQ(removed.error(), Errc::topic_not_found);
  EXPECT_EQ(topics->find("orders").error().code, Errc::topic_not_found);
  EXPECT_EQ(topics->offsets("orders").error().code, Errc::topic_not_found);
  EXPECT_EQ(topics->plan_time("orders", WallTime{0}).error().code, Errc::topic_not_found);
  EXPECT_FALSE(topics->resolve("orders"));
}

TEST_F(TopicsTest, ATopicCreatedAgainIsAnotherTopic) {
  const TopicInfo old = create("orders", 2);
  publish("orders", {
                        {"k", "of the old one"}
  });
  remove("orders");
  EXPECT_FALSE(topics->name_of(old.id));

  const TopicInfo fresh = create("orders", 2);
  EXPECT_NE(fresh.id, old.id);
  for (const LogId log : fresh.logs) {
    EXPECT_EQ(std::count(old.logs.begin(), old.logs.end(), log), 0);
    EXPECT_EQ(core->status(log).end, Offset{0}) << "nothing of the old one is left";
  }
  EXPECT_EQ(*topics->name_of(fresh.id), "orders");
}

TEST_F(TopicsTest, ListsByNameInPages) {
  for (const char* name : {"c", "a", "d", "b"}) create(name);
  const auto names = [](const std::vector<TopicInfo>& infos) {
    Values all;
    for (const TopicInfo& info : infos) all.push_back(info.name);
    return all;
  };
  EXPECT_EQ(names(topics->list("", 3)), (Values{"a", "b", "c"}));
  EXPECT_EQ(names(topics->list("c", 3)), (Values{"d"}));
  EXPECT_EQ(names(topics->list("bb", 1)), (Values{"c"}));
  EXPECT_TRUE(topics->list("d", 3).empty());
}

TEST_F(TopicsTest, ARestartFindsWhatWasCommittedAndNothingElse) {
  TopicConfig config;
  config.partitions = 2;
  config.retention_bytes = 5 << 20;
  config.durability = Durability::os;
  const TopicInfo kept = create("kept", config);
  create("removed");
  remove("removed");
  Answer<TopicInfo> lost;
  topics->create("lost", TopicConfig{}, false, lost.here());

  crash_and_restart();
  EXPECT_FALSE(lost.came());
  ASSERT_EQ(topics->list("", 10).size(), 1u);
  const auto found = topics->find("kept");
  EXPECT_EQ(found->id, kept.id);
  EXPECT_EQ(found->logs, kept.logs);
  EXPECT_EQ(found->config, config);
  EXPECT_EQ(found->created, kept.created);
  EXPECT_EQ(found->version, 1u);
}

TEST_F(TopicsTest, AFailedSyncIsToldToWhoeverWaits) {
  Answer<TopicInfo> answer;
  topics->create("orders", TopicConfig{}, false, answer.here());
  core->fail_commit();
  EXPECT_EQ(answer.error(), Errc::storage_failed);
}

}  // namespace
}  // namespace twofold::log
