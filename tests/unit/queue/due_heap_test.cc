#include "queue/due_heap.h"

#include <gtest/gtest.h>

namespace twofold::queue {
namespace {

using engine::Instant;

TEST(DueHeap, TheEarliestComesFirst) {
  DueHeap heap;
  heap.push(Instant{30}, 3);
  heap.push(Instant{10}, 1);
  heap.push(Instant{20}, 2);
  EXPECT_EQ(heap.pop().key, 1);
  EXPECT_EQ(heap.pop().key, 2);
  EXPECT_EQ(heap.pop().key, 3);
  EXPECT_TRUE(heap.empty());
}

TEST(DueHeap, WhatWasCalledOffIsPassedOver) {
  DueHeap heap;
  heap.push(Instant{10}, 1);
  heap.push(Instant{20}, 2);
  heap.forget();
  EXPECT_EQ(heap.next([](const DueHeap::Item& item) { return item.key != 1; }), Instant{20});
  EXPECT_EQ(heap.size(), 1u);
}

TEST(DueHeap, ADayOfLongTimeoutsCalledOffDoesNotPileUp) {
  DueHeap heap;
  std::size_t most = 0;
  const auto nobody = [](const DueHeap::Item&) { return false; };
  for (std::int64_t i = 0; i < 100'000; ++i) {
    heap.push(Instant{43'200'000 + i}, i);
    heap.forget();
    heap.sweep(nobody);
    most = std::max(most, heap.size());
  }
  EXPECT_LE(most, 64u);
}

TEST(DueHeap, ASweepKeepsWhatStillMatters) {
  DueHeap heap;
  const auto even = [](const DueHeap::Item& item) { return item.key % 2 == 0; };
  for (std::int64_t i = 0; i < 200; ++i) heap.push(Instant{1'000 - i}, i);
  for (int i = 0; i < 100; ++i) heap.forget();
  heap.sweep(even);
  EXPECT_EQ(heap.size(), 100u);
  EXPECT_EQ(heap.pop().key, 198);
}

TEST(Alarm, OnlyAnEarlierDueWantsAnotherTimer) {
  Alarm alarm;
  EXPECT_TRUE(alarm.wants(Instant{100}));
  EXPECT_FALSE(alarm.wants(Instant{100}));
  EXPECT_FALSE(alarm.wants(Instant{500})) << "the one at 100 will look again";
  EXPECT_TRUE(alarm.wants(Instant{50}));
  alarm.fired(Instant{50});
  EXPECT_FALSE(alarm.wants(Instant{200})) << "the one at 100 is still to come";
  alarm.fired(Instant{100});
  EXPECT_TRUE(alarm.wants(Instant{200}));
}

}  // namespace
}  // namespace twofold::queue
