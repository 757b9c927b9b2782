// Queues over a topic that is cleaned: what it drops they are done with, and say nothing of it.
#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct CompactedQueues : ::testing::Test, QueueRig {
  LogId log = topic_log({"a0", "b1", "a2", "c3", "a4", "b5"});

  QueueInfo attach(const std::string& name, QueueConfig config = {}) {
    return create(name, std::move(config), QueueSource{"prices", {log}, {Offset{0}}});
  }
  /// a0, b1 and a2 are superseded.
  void clean() {
    core->remove(log, {Offset{0}, Offset{1}, Offset{2}});
    core->commit();
    core->run();
  }
  /// A restart finds the topic's log first, as its room would open it.
  void restart_with_topic() {
    const auto cleanness = core->cleanness;
    queues.reset();
    core = std::make_unique<tests::FakeCore>(disk, clock);
    core->cleanness = cleanness;
    core->open_log(log, {});
    queues = std::make_unique<Queues>(*core, limits);
    core->recover();
    core->run();
  }
  /// Lets it go on until it has ended.
  Sweep finish(std::uint64_t id) {
    for (int turns = 0; turns < 1'000 && queues->sweep(id)->status == MoveStatus::running;
         ++turns) {
      core->run();
      core->commit();
    }
    return *queues->sweep(id);
  }
  Sweep sweep(SweepRequest request) {
    const auto id = queues->start_sweep(std::move(request));
    EXPECT_TRUE(id.has_value());
    return finish(*id);
  }
  std::uint64_t all(const std::string& queue) {
    const QueueCounters c = counters(queue);
    return c.ready + c.in_flight + c.delayed + c.blocked + c.dead;
  }
};

TEST_F(CompactedQueues, WhatIsDroppedIsNoLongerCountedNorDelivered) {
  attach("all");
  ASSERT_EQ(counters("all").ready, 6u);
  clean();
  EXPECT_EQ(counters("all").ready, 3u);
  EXPECT_EQ(values(receive("all")), (Texts{"c3", "a4", "b5"}));
  EXPECT_EQ(all("all"), 3u);
}

TEST_F(CompactedQueues, InFlightAndDeadOnesAreDoneWithToo) {
  attach("all");
  const Received first = receive("all", 2);
  ASSERT_EQ(values(first), (Texts{"a0", "b1"}));
  NackItem dead{receipts(first)[0]};
  dead.dead = true;
  nack("all", dead);
  core->commit();
  ASSERT_EQ(counters("all").dead, 1u);
  clean();
  EXPECT_EQ(counters("all").dead, 0u);
  EXPECT_EQ(counters("all").in_flight, 0u);
  EXPECT_EQ(ack("all", {receipts(first)[1]}), (std::vector{Settled::already}));
  core->pass(60s);
  EXPECT_EQ(values(receive("all")), (Texts{"c3", "a4", "b5"})) << "none of them comes back";
}

TEST_F(CompactedQueues, OneThatComesLaterFindsTheHolesByLooking) {
  clean();
  attach("late");
  core->run();
  EXPECT_EQ(counters("late").ready, 3u);
  EXPECT_EQ(values(receive("late")), (Texts{"c3", "a4", "b5"}));
  publish(log, {"d6"});
  core->run();
  EXPECT_EQ(values(receive("late")), (Texts{"d6"}));
}

TEST_F(CompactedQueues, ALookThatSawThemWhileTheyWentCountsForNothing) {
  clean();
  attach("late");  // the look is on its way
  core->remove(log, {Offset{3}});
  core->commit();
  core->run();
  EXPECT_EQ(counters("late").ready, 2u);
  EXPECT_EQ(values(receive("late")), (Texts{"a4", "b5"}));
}

TEST_F(CompactedQueues, ARestartChangesNothing) {
  attach("all");
  const Received first = receive("all", 4);
  ack("all", {receipts(first)[3]});
  clean();
  restart_with_topic();
  EXPECT_EQ(all("all"), 2u);
  EXPECT_EQ(values(receive("all")), (Texts{"a4", "b5"}));
}

TEST_F(CompactedQueues, WhatWaitedBehindADroppedMessageComesFree) {
  QueueConfig config;
  config.order = Order::strict;
  attach("strict", config);
  core->run();
  ASSERT_EQ(values(receive("strict", 1)), (Texts{"a0"}));
  EXPECT_TRUE(receive("strict", 1).messages.empty());
  clean();
  EXPECT_EQ(values(receive("strict", 1)), (Texts{"c3"}));
}

TEST_F(CompactedQueues, AWaitingReceiverGetsWhatIsBehindTheHoles) {
  clean();
  attach("late");
  auto waiting = poll("late", 1);
  core->run();
  ASSERT_TRUE(waiting.came());
  EXPECT_EQ(values(*waiting), (Texts{"c3"}));
}

TEST_F(CompactedQueues, WhatAnOrderedQueueHasNotLookedAtIsDroppedWithoutWaiting) {
  QueueConfig config;
  config.order = Order::key;
  attach("ordered", config);
  ASSERT_EQ(counters("ordered").ready, 6u);
  core->remove(log, {Offset{3}, Offset{4}});
  EXPECT_EQ(counters("ordered").ready, 4u) << "counted at once, looked at or not";
  Answer<QueueInfo> changed;
  config.order = Order::none;
  queues->configure("ordered", config, std::nullopt, changed.slot());
  core->commit();
  core->run();
  EXPECT_EQ(values(receive("ordered")), (Texts{"a0", "b1", "a2", "b5"}))
      << "the holes are known, though nothing looks for them any more";
}

TEST_F(CompactedQueues, AnOrderedQueueThatComesLaterCountsWhatIsThere) {
  clean();
  for (const Order order : {Order::key, Order::strict, Order::fair}) {
    QueueConfig config;
    config.order = order;
    const std::string name = "late" + std::to_string(static_cast<int>(order));
    attach(name, config);
    core->run();
    EXPECT_EQ(all(name), 3u);
    ASSERT_EQ(values(receive(name, 1)), (Texts{"c3"}));
    core->remove(log, {Offset{3}, Offset{4}});
    core->commit();
    core->run();
    EXPECT_EQ(all(name), 1u);
    EXPECT_EQ(values(receive(name)), (Texts{"b5"}));
    log = topic_log({"a0", "b1", "a2", "c3", "a4", "b5"});
    clean();
  }
}

TEST_F(CompactedQueues, AReplayPassesOverHolesWithoutAWord) {
  attach("all");
  const Received first = receive("all", 6);
  ack("all", receipts(first));
  core->remove(log, {Offset{1}, Offset{2}, Offset{4}, Offset{5}});
  publish(log, {"b6"});
  SweepRequest request;
  request.action = SweepAction::replay;
  request.queue = "all";
  const Sweep replayed = sweep(request);
  EXPECT_EQ(replayed.matched, 2u);
  EXPECT_EQ(replayed.unreadable, 0u) << "the last of what it reads is a hole, too";
  EXPECT_EQ(replayed.scanned, replayed.to_scan);
  EXPECT_EQ(values(receive("all")), (Texts{"a0", "c3", "b6"}));
}

TEST_F(CompactedQueues, OneByItsIdPassesOverHolesToo) {
  attach("all");
  ack("all", receipts(receive("all", 6)));
  core->remove(log, {Offset{1}, Offset{2}, Offset{5}});
  SweepRequest request;
  request.action = SweepAction::replay;
  request.queue = "all";
  for (const std::int64_t offset : {1, 2, 3, 5})
    request.ids.push_back({PartitionId{0}, Offset{offset}});
  const Sweep replayed = sweep(request);
  EXPECT_EQ(replayed.matched, 1u);
  EXPECT_EQ(replayed.unreadable, 0u);
  EXPECT_EQ(replayed.scanned, 4u);
  EXPECT_EQ(values(receive("all")), (Texts{"c3"}));
}

TEST_F(CompactedQueues, WhatGoesWhileAReplayReadsItDoesNotComeBack) {
  attach("all");
  ack("all", receipts(receive("all", 6)));
  SweepRequest request;
  request.action = SweepAction::replay;
  request.queue = "all";
  const auto id = queues->start_sweep(request);
  ASSERT_TRUE(id);
  ASSERT_TRUE(core->step()) << "now it knows what to read";
  core->remove(log, {Offset{0}, Offset{1}, Offset{2}});
  finish(*id);
  EXPECT_EQ(counters("all").ready, 3u);
  EXPECT_EQ(values(receive("all")), (Texts{"c3", "a4", "b5"}));
}

TEST_F(CompactedQueues, ADeadLetterThatIsDroppedOnItsWayStaysNowhere) {
  create("letters");
  QueueConfig config;
  config.dead_letter = "letters";
  attach("all", config);
  const Received held = receive("all", 2);
  for (const std::string& receipt : receipts(held)) {
    NackItem dead{receipt};
    dead.dead = true;
    nack("all", dead);
  }
  core->remove(log, {Offset{0}});  // b1 is read, too
  core->commit();
  core->run();
  core->commit();
  EXPECT_EQ(values(receive("letters")), (Texts{"b1"}));
  EXPECT_EQ(all("all"), 4u);
}

TEST_F(CompactedQueues, HolesBetweenWhatIsInFlightAreDoneWith) {
  attach("all");
  const Received held = receive("all", 6);
  core->remove(log, {Offset{1}, Offset{4}});
  core->commit();
  core->run();
  EXPECT_EQ(counters("all").in_flight, 4u);
  const Texts given = receipts(held);
  EXPECT_EQ(ack("all", {given[0], given[1], given[2], given[3], given[4], given[5]}),
            (std::vector{Settled::acked, Settled::already, Settled::acked, Settled::acked,
                         Settled::already, Settled::acked}));
  EXPECT_EQ(all("all"), 0u);
}

}  // namespace
}  // namespace twofold::queue
