#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct QueueRestart : ::testing::Test, QueueRig {
  QueueRestart() { create("jobs", {.max_receives = 5}); }
};

TEST_F(QueueRestart, WhatWasInFlightStaysWithItsHolder) {
  send("jobs", {"a", "b"});
  core->commit();
  const Texts held = receipts(receive("jobs", 1, 60s));
  core->commit();
  restart();
  EXPECT_EQ(values(receive("jobs")), (Texts{"b"}));
  EXPECT_EQ(ack("jobs", held), (std::vector{Settled::acked}));
  restart();
  EXPECT_EQ(ack("jobs", held), (std::vector{Settled::already}));
}

TEST_F(QueueRestart, ADeadlineThatPassedMeanwhileHolds) {
  send("jobs", {"a"});
  core->commit();
  receive("jobs", 1, 60s);
  core->commit();
  clock.advance(61s);
  restart();
  EXPECT_EQ(receive("jobs").messages.at(0).receive_count, 2u);
}

TEST_F(QueueRestart, ADelayIsStillToCome) {
  send("jobs", {"a"}, 60s);
  core->commit();
  restart();
  EXPECT_TRUE(receive("jobs").messages.empty());
  core->pass(60s + 8ms);
  EXPECT_EQ(values(receive("jobs")), (Texts{"a"}));
}

TEST_F(QueueRestart, AReceiveThatWasNotCommittedIsForgottenAndItsReceiptStale) {
  send("jobs", {"a"});
  core->commit();
  const Texts lost = receipts(receive("jobs"));
  restart();
  EXPECT_EQ(ack("jobs", lost), (std::vector{Settled::stale}));
  EXPECT_EQ(receive("jobs").messages.at(0).receive_count, 1u);
}

TEST_F(QueueRestart, AnAckThatWasNotAnsweredMayComeBackButNeverOneThatWas) {
  send("jobs", {"a", "b"});
  core->commit();
  const Texts held = receipts(receive("jobs", 2, 1s));
  ack("jobs", {held[0]});
  Answer<std::vector<Settled>> lost;
  queues->ack("jobs", {held[1]}, lost.slot());
  restart();
  core->pass(2s);
  EXPECT_EQ(values(receive("jobs")), (Texts{"b"}));
  EXPECT_FALSE(lost.came());
}

TEST_F(QueueRestart, FromACheckpointAndWhatFollowedTheBytesAreTheSame) {
  send("jobs", Texts(200, "x"));
  core->commit();
  const Received first = receive("jobs", 100, 5s);
  ack("jobs", {first.messages[3].receipt, first.messages[70].receipt});
  core->checkpoint();
  nack("jobs", {first.messages[0].receipt, 30s});
  nack("jobs", {first.messages[1].receipt, 0s, true, "why"});
  extend("jobs", first.messages[2].receipt, 90s);
  core->pass(6s);
  queues->release("jobs", receipts(receive("jobs", 20)));
  receive("jobs", 30, 60s);
  send("jobs", Texts(10, "y"), 20s);
  core->commit();
  const std::string lived = core->snapshot(engine::EntryType::queue);
  const QueueCounters before = counters("jobs");
  restart();
  EXPECT_EQ(core->snapshot(engine::EntryType::queue), lived);
  EXPECT_EQ(counters("jobs").ready, before.ready);
  EXPECT_EQ(counters("jobs").in_flight, before.in_flight);
  EXPECT_EQ(counters("jobs").delayed, before.delayed);
  EXPECT_EQ(counters("jobs").dead, before.dead);
}

TEST_F(QueueRestart, PurgesAndRetentionAreNotUndone) {
  create("short", {.retention = 60s});
  send("short", {"old"});
  send("jobs", {"a"});
  core->commit();
  Answer<std::uint64_t> purged;
  queues->purge("jobs", purged.slot());
  core->pass(70s);
  core->commit();
  restart();
  EXPECT_EQ(counters("jobs").ready, 0u);
  EXPECT_EQ(counters("short").ready, 0u);
}

TEST_F(QueueRestart, DefinitionsAndIdsLiveOn) {
  const QueueInfo gone = create("gone");
  Answer<QueueInfo> removed;
  queues->remove("gone", removed.slot());
  core->commit();
  core->checkpoint();
  restart();
  EXPECT_EQ(queues->find("jobs")->config.max_receives, 5u);
  EXPECT_GT(create("new").id, gone.id);
}

TEST_F(QueueRestart, TrimsOfATopicThatAQueueReadsHold) {
  const LogId log = topic_log({"a", "b", "c"});
  create("all", {}, QueueSource{"orders", {log}, {Offset{0}}});
  core->trim(log, Offset{2}, true);
  core->commit();
  core->checkpoint();
  queues.reset();
  core.reset();
  core = std::make_unique<tests::FakeCore>(disk, clock);
  queues = std::make_unique<Queues>(*core);
  core->open_log(log, {});
  core->recover();
  EXPECT_EQ(values(receive("all")), (Texts{"c"}));
}

TEST_F(QueueRestart, AnEntryOrASnapshotThatDoesNotParseIsDamage) {
  EXPECT_EQ(queues->apply(1, "\x09", clock.now()).error().code, Errc::data_damaged);
  engine::ByteReader newer("\x02");
  EXPECT_EQ(queues->restore(newer).error().code, Errc::data_damaged);
  const std::string bytes = core->snapshot(engine::EntryType::queue);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    engine::ByteReader in(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(queues->restore(in).has_value()) << "cut at " << size;
  }
}

}  // namespace
}  // namespace twofold::queue
