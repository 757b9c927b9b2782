// Acks of wide runs: what a hole in a compacted topic is.
#include <gtest/gtest.h>

#include "queue/delivery.h"

namespace twofold::queue {
namespace {

constexpr Offset kFar{1'000'000'000};

Runs run(std::int64_t from, std::int64_t upto) {
  return {
      {Offset{from}, upto - from}
  };
}

TEST(WideHoles, OneThatDeliveryHasComeToCostsNothing) {
  Delivery delivery(Offset{5});
  delivery.set_visible_end(engine::advance(kFar, 10));
  delivery.apply(AckOp{run(5, kFar.value())});
  EXPECT_EQ(delivery.next(), kFar);
  EXPECT_EQ(delivery.floor(), kFar);
  EXPECT_EQ(delivery.counters().ready, 10u);
  EXPECT_TRUE(!delivery.touched() || delivery.touched()->empty());
  EXPECT_TRUE(delivery.counters_are_right());
}

TEST(WideHoles, WhatIsHeldInsideIsDoneWithAndWhatIsHeldBeforeStays) {
  Delivery delivery(Offset{0});
  delivery.set_visible_end(engine::advance(kFar, 10));
  const Runs first = run(0, 200);
  delivery.apply(ReceiveOp{Instant{1000}, 7, Offset{200}, first, Instant{1}});
  delivery.apply(AckOp{run(100, kFar.value())});
  EXPECT_EQ(delivery.counters().in_flight, 100u);
  EXPECT_EQ(delivery.counters().ready, 10u);
  EXPECT_EQ(delivery.next(), kFar);
  EXPECT_EQ(delivery.floor(), Offset{0});
  EXPECT_TRUE(delivery.counters_are_right());
}

TEST(WideHoles, AheadOfDeliveryItIsRememberedUntilDeliveryComes) {
  Delivery delivery(Offset{0});
  delivery.set_visible_end(Offset{10'010});
  delivery.apply(AckOp{run(10, 10'000)});
  EXPECT_EQ(delivery.counters().ready, 20u);
  EXPECT_EQ(delivery.next(), Offset{0});
  EXPECT_TRUE(delivery.counters_are_right());
  const Runs first = run(0, 10);
  delivery.apply(ReceiveOp{Instant{1000}, 7, Offset{10}, first, Instant{1}});
  EXPECT_EQ(delivery.next(), Offset{10'000});
  EXPECT_EQ(delivery.counters().ready, 10u);
  EXPECT_TRUE(delivery.counters_are_right());
}

}  // namespace
}  // namespace twofold::queue
