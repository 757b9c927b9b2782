#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct QueueDefinitions : ::testing::Test, QueueRig {};

TEST_F(QueueDefinitions, AQueueExistsOnceItsCommitIsDurable) {
  Answer<QueueInfo> answer;
  queues->create("jobs", {}, std::nullopt, true, answer.slot());
  EXPECT_FALSE(answer.came());
  core->commit();
  EXPECT_TRUE(answer->was_created);
  EXPECT_EQ(answer->version, 1u);
  EXPECT_TRUE(answer->own_log.has_value());
}

TEST_F(QueueDefinitions, CreatingTheSameQueueAgainAnswersWithTheOneThatIsThere) {
  const QueueInfo first = create("jobs", {.max_receives = 3});
  const QueueInfo again = create("jobs", {.max_receives = 3});
  EXPECT_FALSE(again.was_created);
  EXPECT_EQ(again.id, first.id);

  Answer<QueueInfo> other;
  queues->create("jobs", {.max_receives = 4}, std::nullopt, false, other.slot());
  EXPECT_EQ(other.code(), Errc::exists_with_other_config);
  Answer<QueueInfo> only;
  queues->create("jobs", {.max_receives = 3}, std::nullopt, true, only.slot());
  EXPECT_EQ(only.code(), Errc::exists_with_other_config);
}

TEST_F(QueueDefinitions, WhatAProtocolKeepsOfAQueueStaysUntilItSaysOtherwise) {
  Answer<QueueInfo> created;
  queues->create("jobs", {}, "opaque", created.slot());
  core->commit();
  EXPECT_EQ(created->extension, "opaque");
  Answer<QueueInfo> again;
  queues->create("jobs", {}, "opaque", again.slot());
  EXPECT_EQ(again.code(), Errc::exists_with_other_config);

  Answer<QueueInfo> changed;
  queues->configure("jobs", {.max_receives = 9}, std::nullopt, changed.slot());
  core->commit();
  EXPECT_EQ(changed->extension, "opaque");
  Answer<QueueInfo> replaced;
  queues->configure("jobs", {}, "other", std::nullopt, replaced.slot());
  core->commit();
  restart();
  EXPECT_EQ(queues->find("jobs")->extension, "other");
  EXPECT_EQ(queues->config("jobs")->max_receives, 0u);
  EXPECT_EQ(queues->config("none"), nullptr);
}

TEST_F(QueueDefinitions, AFifoNameNeverHidesAQueueWithoutAnOrder) {
  const auto refused = [this](QueueConfig config, std::optional<QueueSource> source) {
    Answer<QueueInfo> answer;
    queues->create("jobs.fifo", std::move(config), std::move(source), false, answer.slot());
    return answer.failed() && answer.code() == Errc::invalid_request;
  };
  EXPECT_TRUE(refused({}, std::nullopt));
  EXPECT_TRUE(refused({.order = Order::strict}, std::nullopt));
  EXPECT_TRUE(refused({.order = Order::key}, QueueSource{"orders", {topic_log({})}, {Offset{0}}}));
  create("jobs.fifo", {.order = Order::key});
  Answer<QueueInfo> changed;
  queues->configure("jobs.fifo", {.order = Order::fair}, std::nullopt, changed.slot());
  EXPECT_EQ(changed.code(), Errc::invalid_request);
}

TEST_F(QueueDefinitions, ATopicsNameIsTaken) {
  ASSERT_TRUE(core->catalog().put_if("topic/orders", "", 0).has_value());
  Answer<QueueInfo> answer;
  queues->create("orders", {}, std::nullopt, false, answer.slot());
  EXPECT_EQ(answer.code(), Errc::name_taken);
}

TEST_F(QueueDefinitions, SettingsThatContradictEachOtherAreRefused) {
  const LogId log = topic_log({});
  const QueueSource source{"orders", {log}, {Offset{0}}};
  const std::vector<std::pair<QueueConfig, std::optional<QueueSource>>> wrong{
      {{.dead_letter = "jobs"}, std::nullopt},
      {{.delay = 5s},           source      },
      {{.retention = 5s},       source      },
  };
  for (const auto& [config, from] : wrong) {
    Answer<QueueInfo> answer;
    queues->create("jobs", config, from, false, answer.slot());
    EXPECT_EQ(answer.code(), Errc::invalid_request);
  }
}

TEST_F(QueueDefinitions, AChangeOfAnOldVersionIsRefused) {
  create("jobs");
  Answer<QueueInfo> changed;
  queues->configure("jobs", {.max_receives = 9}, 1, changed.slot());
  core->commit();
  EXPECT_EQ(changed->version, 2u);
  EXPECT_EQ(changed->config.max_receives, 9u);

  Answer<QueueInfo> late;
  queues->configure("jobs", {}, 1, late.slot());
  EXPECT_EQ(late.code(), Errc::etag_mismatch);
  Answer<QueueInfo> nowhere;
  queues->configure("nothing", {}, std::nullopt, nowhere.slot());
  EXPECT_EQ(nowhere.code(), Errc::queue_not_found);
}

TEST_F(QueueDefinitions, ARemovedQueueIsGoneWithItsMessagesAndWhoWaitsIsTold) {
  create("jobs");
  auto waiting = poll("jobs");
  Answer<QueueInfo> removed;
  queues->remove("jobs", removed.slot());
  EXPECT_EQ(waiting.code(), Errc::queue_not_found);
  core->commit();
  EXPECT_EQ(removed->name, "jobs");
  EXPECT_EQ(queues->find("jobs").error().code, Errc::queue_not_found);

  const QueueInfo again = create("jobs");
  EXPECT_NE(again.id, removed->id) << "an id is never used again";
  EXPECT_EQ(counters("jobs").ready, 0u);
}

TEST_F(QueueDefinitions, AnOldReceiptIsUnknownToAQueueOfTheSameName) {
  create("jobs");
  send("jobs", {"a"});
  core->commit();
  const Texts old = receipts(receive("jobs"));
  Answer<QueueInfo> removed;
  queues->remove("jobs", removed.slot());
  create("jobs");
  send("jobs", {"b"});
  core->commit();
  receive("jobs");
  EXPECT_EQ(ack("jobs", old), (std::vector{Settled::unknown}));
}

TEST_F(QueueDefinitions, QueuesAreListedInOrderAndKnownByTheirTopic) {
  const LogId log = topic_log({});
  create("b", {}, QueueSource{"orders", {log}, {Offset{0}}});
  create("a");
  create("c", {}, QueueSource{"orders", {log}, {Offset{0}}});
  const auto infos = queues->list("a", 10);
  ASSERT_EQ(infos.size(), 2u);
  EXPECT_EQ(infos[0].name, "b");
  EXPECT_EQ(infos[1].source->topic, "orders");
  EXPECT_EQ(queues->list("", 1).size(), 1u);
  EXPECT_EQ(queues->reading("orders"), (Texts{"b", "c"}));
  EXPECT_TRUE(queues->reading("invoices").empty());
}

TEST_F(QueueDefinitions, WhenTheSyncFailsNothingIsPromised) {
  Answer<QueueInfo> answer;
  queues->create("jobs", {}, std::nullopt, false, answer.slot());
  core->fail_commit();
  EXPECT_EQ(answer.code(), Errc::storage_failed);
}

TEST_F(QueueDefinitions, OnAFullDiskAQueueCanStillBeChanged) {
  create("jobs");
  core->refuse(engine::Admission::publish, Errc::storage_full);
  Answer<QueueInfo> changed;
  queues->configure("jobs", {.visibility_timeout = 5s}, std::nullopt, changed.slot());
  core->commit();
  EXPECT_EQ(changed->config.visibility_timeout, 5s);
}

TEST_F(QueueDefinitions, ARefusedCreateLeavesNothingBehind) {
  core->refuse(engine::Admission::publish, Errc::storage_full);
  Answer<QueueInfo> answer;
  queues->create("jobs", {}, std::nullopt, false, answer.slot());
  EXPECT_EQ(answer.code(), Errc::storage_full);
  EXPECT_EQ(queues->find("jobs").error().code, Errc::queue_not_found);
  EXPECT_EQ(core->uncommitted(), 0u);
}

}  // namespace
}  // namespace twofold::queue
