#include <set>

#include "log/partitioner.h"
#include "log/topics_limits.h"
#include "tests/unit/log/log_fixture.h"

namespace twofold::log {
namespace {

using PublishTest = LogTest;

TEST_F(PublishTest, AnswersWithPartitionOffsetAndPlaceInTheTotalOrder) {
  create("orders", 1);
  const Published first = publish("orders", {
                                                {"k", "a"},
                                                {"k", "b"}
  });
  const Published second = publish("orders", {
                                                 {"k", "c"}
  });
  ASSERT_EQ(first.records.size(), 2u);
  EXPECT_EQ(first.records[0].offset, Offset{0});
  EXPECT_EQ(first.records[1].offset, Offset{1});
  EXPECT_EQ(second.records[0].offset, Offset{2});
  EXPECT_LT(first.records[0].seq, first.records[1].seq);
  EXPECT_LT(first.records[1].seq, second.records[0].seq);
  EXPECT_EQ(first.durability, Durability::disk);
}

TEST_F(PublishTest, TheTotalOrderRunsAcrossPartitions) {
  create("orders", 2);
  const Published published =
      publish("orders", {
                            {"a", "1", 1},
                            {"b", "2", 0},
                            {"c", "3", 1},
                            {"d", "4", 0}
  });
  for (std::size_t i = 1; i < published.records.size(); ++i) {
    EXPECT_LT(published.records[i - 1].seq, published.records[i].seq);
  }
}

TEST_F(PublishTest, WaitsForTheCommit) {
  create("orders", 1);
  Answer<Published> answer;
  publish_into(answer, "orders",
               {
                   {"k", "a"}
  });
  EXPECT_FALSE(answer.came());
  EXPECT_EQ(status("orders").visible_end, Offset{0});
  core->commit();
  EXPECT_TRUE(answer.good());
  EXPECT_EQ(status("orders").visible_end, Offset{1});
}

TEST_F(PublishTest, AKeyGoesWhereKafkaWouldSendIt) {
  create("orders", 6);
  for (const char* key : {"", "a", "bill_123", "video-42"}) {
    const Published published = publish("orders", {
                                                      {key, "v"}
    });
    EXPECT_EQ(published.records[0].partition, partition_of_key(key, 6)) << key;
  }
}

TEST_F(PublishTest, RecordsWithoutKeyStayTogetherAndRequestsTakeTurns) {
  create("orders", 3);
  std::vector<std::int32_t> partitions;
  for (int i = 0; i < 4; ++i) {
    const Published published = publish("orders", {
                                                      {{},         "a"},
                                                      {"bill_123", "b"},
                                                      {{},         "c"}
    });
    EXPECT_EQ(published.records[0].partition, published.records[2].partition);
    EXPECT_EQ(published.records[1].partition, partition_of_key("bill_123", 3));
    partitions.push_back(published.records[0].partition.value());
  }
  EXPECT_EQ(partitions, (std::vector<std::int32_t>{0, 1, 2, 0}));
}

TEST_F(PublishTest, ARequestOfKeysOnlyTakesNoTurn) {
  create("orders", 3);
  publish("orders", {
                        {"a", "v"}
  });
  EXPECT_EQ(publish("orders",
                    {
                        {{}, "v"}
  })
                .records[0]
                .partition,
            PartitionId{0});
}

TEST_F(PublishTest, AnExplicitPartitionWinsOverTheKey) {
  create("orders", 6);
  const Published published = publish("orders", {
                                                    {"bill_123", "v", 5},
                                                    {{},         "v", 3}
  });
  EXPECT_EQ(published.records[0].partition, PartitionId{5});
  EXPECT_EQ(published.records[1].partition, PartitionId{3});
}

TEST_F(PublishTest, OneBadRecordLeavesNoneBehind) {
  TopicConfig config;
  config.partitions = 2;
  config.record_bytes_max = 10;
  create("orders", config);
  const std::vector<Note> bad[] = {
      {{"k", "fine"}, {"k", "v", 2}      },
      {{"k", "fine"}, {"k", "v", -1}     },
      {{"k", "fine"}, {"k", "ten bytes!"}}
  };
  const Errc expected[] = {Errc::partition_not_found, Errc::partition_not_found,
                           Errc::message_too_large};
  for (std::size_t i = 0; i < 3; ++i) {
    Answer<Published> answer;
    publish_into(answer, "orders", bad[i]);
    EXPECT_EQ(answer.error(), expected[i]);
    EXPECT_EQ(answer.record(), 1u) << "the record's index";
  }
  EXPECT_EQ(status("orders", 0).end, Offset{0});
  EXPECT_EQ(status("orders", 1).end, Offset{0});
}

TEST_F(PublishTest, ARecordOfExactlyTheLimitIsTaken) {
  TopicConfig config;
  config.record_bytes_max = 10;
  create("orders", config);
  EXPECT_EQ(publish("orders",
                    {
                        {"key", "7 bytes"}
  })
                .records.size(),
            1u);
}

TEST_F(PublishTest, HeadersCountTowardsTheLimit) {
  TopicConfig config;
  config.record_bytes_max = 10;
  create("orders", config);
  const engine::Header headers[] = {
      {"name",  "value"     },
      {"empty", std::nullopt}
  };
  Publish publish{"orders", {}, {}};
  publish.records.push_back({
      {std::nullopt, std::nullopt, headers, WallTime{0}},
      std::nullopt
  });
  Answer<Published> answer;
  topics->publish(std::move(publish), answer.here());
  EXPECT_EQ(answer.error(), Errc::message_too_large);
}

TEST_F(PublishTest, NothingToPublishIsAMistake) {
  create("orders", 1);
  Answer<Published> answer;
  publish_into(answer, "orders", {});
  EXPECT_EQ(answer.error(), Errc::invalid_request);
}

TEST_F(PublishTest, AnUnknownTopicIsNotCreatedInPassing) {
  Answer<Published> answer;
  publish_into(answer, "orders",
               {
                   {"k", "v"}
  });
  EXPECT_EQ(answer.error(), Errc::topic_not_found);
  EXPECT_FALSE(topics->find("orders"));
}

TEST_F(PublishTest, WhatTheCoreRefusesIsNotAppended) {
  create("orders", 1);
  for (const Errc code : {Errc::overloaded, Errc::storage_full, Errc::shutting_down}) {
    core->refuse(engine::Admission::publish, code);
    Answer<Published> answer;
    publish_into(answer, "orders",
                 {
                     {"k", "v"}
    });
    EXPECT_EQ(answer.error(), code);
  }
  EXPECT_EQ(status("orders").end, Offset{0});
}

TEST_F(PublishTest, TheTopicsDurabilityHoldsUnlessTheRequestSaysOtherwise) {
  TopicConfig config;
  config.durability = Durability::os;
  create("orders", config);
  EXPECT_EQ(publish("orders",
                    {
                        {"k", "v"}
  })
                .durability,
            Durability::os);

  Answer<Published> answer;
  publish_into(answer, "orders",
               {
                   {"k", "v"}
  },
               Durability::disk);
  core->commit();
  EXPECT_EQ(answer->durability, Durability::disk);
}

TEST_F(PublishTest, AFailedSyncIsNoAcknowledgement) {
  create("orders", 1);
  Answer<Published> answer;
  publish_into(answer, "orders",
               {
                   {"k", "v"}
  });
  core->fail_commit();
  EXPECT_EQ(answer.error(), Errc::storage_failed);
}

// It was written, then the topic went: "not found" would say that nothing was.
TEST_F(PublishTest, ATopicRemovedBeforeTheCommitDoesNotMakeAPublishARefusal) {
  create("orders", 1);
  Answer<Published> answer;
  publish_into(answer, "orders",
               {
                   {"k", "v"}
  });
  Answer<TopicInfo> removed;
  topics->remove("orders", removed.here());
  core->commit();
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(answer->records[0].offset, Offset{0});
  EXPECT_GT(answer->records[0].seq, Seq{0});
  EXPECT_TRUE(removed.good());
}

TEST_F(PublishTest, RecordsSurviveACrashAfterTheCommit) {
  create("orders", 1);
  publish("orders", {
                        {"k", "kept"}
  });
  Answer<Published> lost;
  publish_into(lost, "orders",
               {
                   {"k", "lost"}
  });
  crash_and_restart();
  const auto& answer = read("orders", {at(0, 0)});
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(values(reads.back()->partitions[0]), std::vector<std::string>{"kept"});
  EXPECT_EQ(status("orders").end, Offset{1});
}

}  // namespace
}  // namespace twofold::log
