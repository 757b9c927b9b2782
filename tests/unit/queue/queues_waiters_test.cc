#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

struct QueueWaiters : ::testing::Test, QueueRig {
  QueueWaiters() { create("jobs"); }
};

TEST_F(QueueWaiters, WhoWaitedLongestIsServedFirst) {
  auto first = poll("jobs", 1);
  auto second = poll("jobs", 1);
  send("jobs", {"a"});
  EXPECT_FALSE(first.came()) << "nothing is shown before it is durable";
  core->commit();
  EXPECT_EQ(values(*first), (Texts{"a"}));
  EXPECT_FALSE(second.came());
  send("jobs", {"b"});
  core->commit();
  EXPECT_EQ(values(*second), (Texts{"b"}));
}

TEST_F(QueueWaiters, AMessageIsNotHandedToSomebodyWhoLeft) {
  std::uint64_t ticket = 0;
  auto gone = poll("jobs", 1, &ticket);
  auto there = poll("jobs", 1);
  ASSERT_NE(ticket, 0u);
  queues->cancel(ticket);
  queues->cancel(ticket);
  send("jobs", {"a"});
  core->commit();
  EXPECT_FALSE(gone.came());
  EXPECT_EQ(there->messages.at(0).receive_count, 1u);
}

TEST_F(QueueWaiters, WhoWaitsInVainIsAnsweredEmptyAtTheDeadline) {
  auto waiting = poll("jobs");
  core->pass(19'999ms);
  EXPECT_FALSE(waiting.came());
  core->pass(10ms);
  ASSERT_TRUE(waiting.came());
  EXPECT_TRUE(waiting->messages.empty());
}

TEST_F(QueueWaiters, EachDeadlineHoldsWhateverTheOrderInWhichTheyCame) {
  Answer<Received> late;
  queues->receive({"jobs"}, clock.now() + 50s, late.slot());
  Answer<Received> soon;
  queues->receive({"jobs"}, clock.now() + 5s, soon.slot());
  core->pass(5s + 8ms);
  EXPECT_TRUE(soon.came());
  EXPECT_FALSE(late.came());
  core->pass(45s);
  EXPECT_TRUE(late.came());
}

TEST_F(QueueWaiters, AMessageThatComesBackWakesWhoWaits) {
  send("jobs", {"a", "b"});
  core->commit();
  const Received held = receive("jobs", 2, 5s);
  auto by_nack = poll("jobs", 1);
  nack("jobs", {held.messages[0].receipt});
  EXPECT_EQ(values(*by_nack), (Texts{"a"}));
  auto by_timeout = poll("jobs", 1);
  core->pass(5s + 8ms);
  EXPECT_EQ(values(*by_timeout), (Texts{"b"}));
}

TEST_F(QueueWaiters, ADelayedMessageWakesWhoWaits) {
  send("jobs", {"a"}, 5s);
  core->commit();
  auto waiting = poll("jobs", 1);
  core->pass(5s + 8ms);
  EXPECT_EQ(values(*waiting), (Texts{"a"}));
}

TEST_F(QueueWaiters, DrainingAnswersEverybodyEmpty) {
  create("other");
  auto one = poll("jobs");
  auto two = poll("other");
  queues->release_waiters();
  EXPECT_TRUE(one->messages.empty());
  EXPECT_TRUE(two->messages.empty());
  send("jobs", {"a"});
  core->commit();
  EXPECT_EQ(values(receive("jobs")), (Texts{"a"})) << "and nothing was handed to them later";
}

TEST_F(QueueWaiters, AnAnswerThatRemovesTheQueueHarmsNobody) {
  Answer<QueueInfo> removed;
  queues->receive({"jobs", 1}, clock.now() + 20s, [&](Result<Received> received) {
    EXPECT_TRUE(received.has_value());
    queues->remove("jobs", removed.slot());
  });
  auto next = poll("jobs", 1);
  auto sent = send("jobs", {"a", "b"});
  core->commit();
  EXPECT_EQ(next.code(), Errc::queue_not_found);
  EXPECT_TRUE(sent.came()) << "what was promised before still holds";
  core->commit();
  EXPECT_EQ(removed->name, "jobs");
}

TEST_F(QueueWaiters, AHundredThousandPollsThatEndEarlyLeaveNoTimersBehind) {
  for (int i = 0; i < 100'000; ++i) {
    std::uint64_t ticket = 0;
    poll("jobs", 1, &ticket);
    queues->cancel(ticket);
  }
  EXPECT_LE(core->timers().size(), 2u);
}

TEST_F(QueueWaiters, ABusyQueueWithALongTimeoutLeavesNoTimersBehind) {
  for (int i = 0; i < 2'000; ++i) {
    send("jobs", {"a"});
    core->commit();
    ack("jobs", receipts(receive("jobs", 1, 43'200s)));
    core->pass(3ms);
  }
  EXPECT_LE(core->timers().size(), 2u);
}

}  // namespace
}  // namespace twofold::queue
