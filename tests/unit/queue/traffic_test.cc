#include "queue/traffic.h"

#include "tests/unit/queue/queue_rig.h"

namespace twofold::queue {
namespace {

TEST(Spread, AQuantileIsRightToAFifth) {
  Spread spread;
  for (int ms = 1; ms <= 1'000; ++ms) spread.add(Duration{ms});
  EXPECT_EQ(spread.count(), 1'000u);
  EXPECT_NEAR(*spread.quantile(0.5), 500, 100);
  EXPECT_NEAR(*spread.quantile(0.99), 990, 200);
  EXPECT_NEAR(*spread.quantile(0.001), 1, 1);
}

TEST(Spread, KnowsNothingOfNothingAndTakesWhatIsLongerThanAnything) {
  Spread spread;
  EXPECT_FALSE(spread.quantile(0.5));
  spread.add(std::chrono::hours{24 * 300});
  EXPECT_GT(*spread.quantile(0.5), 100'000'000) << "more than a day";
  spread.add(Duration{-5}, 9);
  EXPECT_LT(*spread.quantile(0.5), 1) << "a clock that was set back";
}

TEST(Spread, WhatCameSinceIsToldApart) {
  Spread spread;
  spread.add(1s);
  const Spread before = spread;
  spread.add(8ms, 3);
  EXPECT_EQ(spread.since(before).count(), 3u);
  EXPECT_NEAR(*spread.since(before).quantile(0.99), 8, 4);
}

struct QueueTraffic : testing::Test, QueueRig {
  const Traffic& traffic(const std::string& queue) {
    return queues->sample(queues->find(queue)->id)->traffic;
  }
};

TEST_F(QueueTraffic, WaitIsFromStoredToFirstDeliveryAndWorkFromDeliveryToAck) {
  create("jobs");
  send("jobs", {"a", "b"});
  core->commit();
  core->pass(4s);
  const Received received = receive("jobs");
  EXPECT_EQ(traffic("jobs").delivered, 2u);
  EXPECT_EQ(traffic("jobs").waited.count(), 2u);
  EXPECT_NEAR(*traffic("jobs").waited.quantile(0.5), 4'000, 1'000);
  core->pass(250ms);
  ack("jobs", receipts(received));
  EXPECT_EQ(traffic("jobs").acked, 2u);
  EXPECT_EQ(traffic("jobs").worked.count(), 2u);
  EXPECT_NEAR(*traffic("jobs").worked.quantile(0.5), 250, 70);
}

TEST_F(QueueTraffic, ADeliveryThatIsNotTheFirstHasWaitedForSomethingElse) {
  create("jobs");
  send("jobs", {"a"});
  core->commit();
  const Received first = receive("jobs");
  nack("jobs", {first.messages[0].receipt, Duration{0}});
  core->commit();
  EXPECT_EQ(receive("jobs").messages.size(), 1u);
  EXPECT_EQ(traffic("jobs").delivered, 2u);
  EXPECT_EQ(traffic("jobs").redelivered, 1u);
  EXPECT_EQ(traffic("jobs").waited.count(), 1u);
}

TEST_F(QueueTraffic, AQueueIsListedOnceForAllThatHappenedAndNotAgainBeforeMoreDoes) {
  create("jobs");
  create("idle");
  EXPECT_TRUE(queues->take_stirred(10).empty());
  send("jobs", {"a", "b"});
  core->commit();
  ack("jobs", receipts(receive("jobs")));
  const std::uint32_t id = queues->find("jobs")->id;
  EXPECT_EQ(queues->take_stirred(10), std::vector{id});
  EXPECT_TRUE(queues->take_stirred(10).empty());
  EXPECT_EQ(queues->sample(id)->appended, 2u);
  EXPECT_EQ(queues->sample(id)->counters.ready, 0u);
  EXPECT_FALSE(queues->sample(queues->find("idle")->id)) << "nothing ever happened in it";
  send("jobs", {"c"});
  core->commit();
  EXPECT_EQ(queues->take_stirred(10), std::vector{id});
}

TEST_F(QueueTraffic, OnlySoManyAreTakenAndTheOthersStay) {
  for (const char* name : {"a", "b", "c"}) {
    create(name);
    send(name, {"x"});
  }
  core->commit();
  EXPECT_EQ(queues->take_stirred(2).size(), 2u);
  EXPECT_EQ(queues->take_stirred(2).size(), 1u);
}

}  // namespace
}  // namespace twofold::queue
